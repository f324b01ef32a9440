import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Deployed } from "../agents-door.ts";
import type { ArchiveLimits } from "../archive/limits.ts";
import type { Staging } from "../archive/staging.ts";
import { answerTo } from "./answer-error.ts";
import type { ApiParts } from "./api-parts.ts";
import { type Deployment, readDeployment } from "./deployment.ts";
import { discardForm, readForm } from "./form.ts";
import { StepSender } from "./step-sender.ts";
import { STEPS_TYPE } from "./steps.ts";

/** `POST /deploy` (spec §1.2). It goes on when its caller leaves: through the platform there is no second attempt. */
export function deployRoute(app: FastifyInstance, parts: ApiParts): void {
  app.post("/deploy", (request, reply) =>
    parts.deployments.during(async () => {
      const deployment = await readJudged(request.raw, parts.staging, parts.options);
      if (!request.headers.accept?.includes(STEPS_TYPE)) return deploy(parts, deployment);
      reply.hijack();
      await sendSteps(parts, deployment, reply.raw);
      return reply;
    }),
  );
}

/** A deployment whose folder the agents take over; of one that is refused nothing stays. */
async function readJudged(request: IncomingMessage, staging: Staging, limits: ArchiveLimits): Promise<Deployment> {
  const form = await readForm(request, staging, limits);
  try {
    return readDeployment(form);
  } catch (thrown) {
    await discardForm(form, staging);
    throw thrown;
  }
}

async function deploy({ agents, closing, maskOf }: ApiParts, deployment: Deployment, onLine?: (line: string) => void) {
  const { agentId, folder, secrets } = deployment;
  const deployed = await agents.deploy(agentId, folder, { secrets, signal: closing, ...(onLine ? { onLine } : {}) });
  return answerOf(
    agentId,
    deployed.error === undefined ? deployed : { ...deployed, error: maskOf(agentId)(deployed.error) },
  );
}

/** All four members, always (spec §1.2). */
function answerOf(agentId: string, { status, error }: Deployed) {
  const running = status === "running";
  return {
    agent_id: agentId,
    status,
    endpoint: running ? `/invoke/${agentId}` : null,
    error: running ? null : (error ?? "not ready"),
  };
}

async function sendSteps(parts: ApiParts, deployment: Deployment, response: ServerResponse) {
  response.writeHead(200, { "content-type": STEPS_TYPE, "cache-control": "no-cache" });
  const steps = new StepSender(response);
  try {
    const body = await deploy(parts, deployment, (line) => steps.sendLine(line));
    steps.sendLast({ status: 200, body });
  } catch (thrown) {
    const { status, body } = answerTo(thrown);
    steps.sendLast({ status, body });
  } finally {
    response.end();
  }
}
