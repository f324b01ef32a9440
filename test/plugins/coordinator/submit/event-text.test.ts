import { describe, expect, it } from "vitest";
import { eventText } from "../../../../plugins/coordinator/src/submit/event-text.ts";

describe("eventText", () => {
  it.each([
    [{ event_type: "message", role: "assistant", content: [{ type: "text", text: "Hi" }] }, "assistant: Hi"],
    [{ event_type: "message", content: [{ type: "image" }] }, 'message: {"type":"image"}'],
    [{ event_type: "pre_tool", tool_name: "Read", tool_input: { file: "a" } }, 'pre_tool Read {"file":"a"}'],
    [{ event_type: "post_tool", tool_name: "Read", error: "no\nfile" }, "post_tool Read: no file"],
    [{ event_type: "hook_start" }, "hook_start"],
    [{ event_type: "odd\u001b[2J" }, "odd"],
  ])("reads %j", (event, text) => {
    expect(eventText(event)).toBe(text);
  });

  it.each(["run_start", "run_completed", "result"])("is silent about %s, which status and result tell", (type) => {
    expect(eventText({ event_type: type })).toBeUndefined();
  });

  it("is silent about what has no type", () => {
    expect(eventText({ event_type: 3 })).toBeUndefined();
  });
});
