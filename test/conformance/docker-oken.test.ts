import { dockerOken } from "@leasehold/docker-oken";
import { doesNotApply, executorConformance, pluginConformance, sourceConformance } from "leasehold/testing";
import { afterAll } from "vitest";
import { describeWithEngine } from "../plugins/docker-oken/engine.ts";
import { OkenSubject } from "./oken-subject.ts";
import { OkenWorld } from "./oken-world.ts";

pluginConformance({
  create: () => dockerOken({ port: 0 }),
  // Its source needs an engine.
  lease: false,
  refuses: { network: () => dockerOken({ network: "no name" }), port: () => dockerOken({ port: -1 }) },
});

describeWithEngine("with an engine", () => {
  const oken = new OkenSubject();
  afterAll(() => oken.tidy());

  pluginConformance({ create: () => oken.create() });

  executorConformance({
    create: () => oken.create(),
    prepare: (bench) => oken.deploy(bench),
    echoes: (text) => oken.call("echo", { text }),
    endless: oken.call("wait"),
    fails: oken.call("fail"),
    floods: oken.call("flood"),
    reveals: oken.call("reveal"),
    // The container is the agent's and serves many runs; what a run has in it is what its call does there.
    owns: { kind: "oken-container", alive: () => oken.childrenOfCalls(), lagSeconds: 10 },
    leavesBehind: doesNotApply(
      "what a call leaves in its agent's container is the agent's, and ends with the container",
    ),
  });

  sourceConformance<OkenWorld>({
    name: "docker-oken",
    slots: OkenWorld.slots,
    open: async () => new OkenWorld((options) => oken.create(options)),
    resend: doesNotApply("a call has no name: the same call again is another call"),
    stop: (world, call) => world.leave(call),
    disconnect: (world) => world.leaveAll(),
    loseAcknowledgement: doesNotApply("the answer to a call is its only report, and nobody acknowledges it"),
    forget: doesNotApply("a call is known for as long as its caller waits"),
  });
});
