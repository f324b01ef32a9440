import fc from "fast-check";
import { jsonResult, textResult } from "leasehold";
import { describe, expect, it } from "vitest";
import { eventBody, resultBody } from "../../../plugins/coordinator/src/report-events.ts";

const timestamp = "2026-03-04T05:06:07.881Z";

describe("eventBody", () => {
  it("keeps the members that the coordinator knows", () => {
    const data = { role: "assistant", content: [{ type: "text", text: "hi" }], tokens: 12, exit_code: 0 };
    expect(JSON.parse(eventBody("ses_1", { type: "message", data, timestamp }))).toEqual({
      event_type: "message",
      session_id: "ses_1",
      timestamp: "2026-03-04T05:06:07.881000+00:00",
      role: "assistant",
      content: [{ type: "text", text: "hi" }],
      exit_code: 0,
    });
  });

  it("drops members of the wrong type, which would be refused", () => {
    const data = { tool_name: 3, tool_input: "x", tool_output: "kept", content: "text", result_data: [1] };
    const sent = JSON.parse(eventBody("ses_1", { type: "post_tool", data, timestamp }));
    expect(Object.keys(sent)).toEqual(["event_type", "session_id", "timestamp", "tool_output"]);
  });

  it("lets unknown types of event pass", () => {
    expect(JSON.parse(eventBody("ses_1", { type: "log", timestamp }))).toMatchObject({ event_type: "log" });
  });

  it("never lets data replace the session or the type", () => {
    const data = { session_id: "ses_2", event_type: "result", timestamp: "never" };
    expect(JSON.parse(eventBody("ses_1", { type: "log", data, timestamp }))).toMatchObject({
      session_id: "ses_1",
      event_type: "log",
    });
  });
});

describe("resultBody", () => {
  it("embeds the text of an object as it is", () => {
    const text = '{"b":1.50,"10":1e-07,"2":12345678901234567890,"b":2}';
    const body = resultBody("ses_1", jsonResult(` ${text}\n`));
    expect(body).toMatch(
      /^\{"event_type":"result","session_id":"ses_1","timestamp":"[^"]+","result_text":null,"result_data":/,
    );
    expect(body.endsWith(`${text}}`)).toBe(true);
  });

  it("wraps what is no object, and leaves null alone", () => {
    const data = (text: string) => JSON.parse(resultBody("ses_1", jsonResult(text))).result_data;
    expect(data("[1,2]")).toEqual({ result: [1, 2] });
    expect(data('"text"')).toEqual({ result: "text" });
    expect(data(" 1.0 ")).toEqual({ result: 1 });
    expect(data("null")).toBeNull();
  });

  it("sends free text as text", () => {
    expect(JSON.parse(resultBody("ses_1", textResult('a "b"\n')))).toMatchObject({
      result_text: 'a "b"\n',
      result_data: null,
    });
  });

  it("gives the coordinator every result back as object or text", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
        const sent = JSON.parse(resultBody("s", jsonResult(JSON.stringify(value, null, indent))));
        const plain = JSON.parse(JSON.stringify(value));
        const isObject = typeof plain === "object" && !Array.isArray(plain);
        expect(sent).toMatchObject({ result_text: null, session_id: "s" });
        expect(sent.result_data).toEqual(isObject ? plain : { result: plain });
      }),
    );
  });
});
