import { checkAgentId } from "../agent-id.ts";
import { kindOf } from "../invoke/json-text.ts";
import { configError } from "../oken-error.ts";
import { ValidationFault, type ValidationItem } from "./faults.ts";
import type { Form } from "./form.ts";

/** Linux starts no process with a longer one. */
const MOST_VARIABLE_BYTES = 128 * 1024;

/** A deployment that may be built. */
export interface Deployment {
  readonly agentId: string;
  readonly folder: string;
  readonly secrets: Readonly<Record<string, string>>;
}

/**
 * Judges a form in the reference's order (spec §1.2): the parts, the id, the secrets, the archive.
 * Throws a `ValidationFault` or an `OkenError`.
 */
export function readDeployment(form: Form): Deployment {
  const faults = [agentIdFault(form), tarballFault(form), secretsFault(form)].filter((fault) => fault !== undefined);
  if (faults.length > 0)
    throw new ValidationFault(
      faults.map(([line]) => line).join("; "),
      faults.map(([, item]) => item),
    );
  const agentId = checkAgentId(textOf(form, "agent_id"));
  const secrets = readSecrets(textOf(form, "secrets"));
  const tarball = form.get("tarball");
  const archive = tarball?.type === "file" ? tarball.archive : undefined;
  if (archive?.fault !== undefined) throw archive.fault;
  if (archive?.folder === undefined) throw configError("tarball: nothing was received");
  return { agentId, folder: archive.folder, secrets };
}

type Fault = readonly [line: string, item: ValidationItem] | undefined;

function agentIdFault(form: Form): Fault {
  const part = form.get("agent_id");
  if (part?.type === "file") return notAString("agent_id");
  return part === undefined || part.text === "" ? missing("agent_id") : undefined;
}

function tarballFault(form: Form): Fault {
  const part = form.get("tarball");
  if (part === undefined || (part.type === "text" && part.text === "")) return missing("tarball");
  if (part.type === "file") return undefined;
  const msg = "Value error, Expected UploadFile, received: <class 'str'>";
  const loc = ["body", "tarball"];
  return [
    "tarball: must be a file, with a filename",
    { type: "value_error", loc, msg, input: part.text, ctx: { error: {} } },
  ];
}

function secretsFault(form: Form): Fault {
  return form.get("secrets")?.type === "file" ? notAString("secrets") : undefined;
}

function missing(name: string): Fault {
  return [`${name}: field required`, { type: "missing", loc: ["body", name], msg: "Field required", input: null }];
}

function notAString(name: string): Fault {
  const msg = "Input should be a valid string";
  return [`${name}: must be text, not a file`, { type: "string_type", loc: ["body", name], msg, input: "<a file>" }];
}

function textOf(form: Form, name: string): string {
  const part = form.get(name);
  return part?.type === "text" ? part.text : "";
}

/** Secrets as variables; other scalars become text as the reference does it (spec §2.5), null unsets. */
function readSecrets(text: string): Record<string, string> {
  if (text === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own words would repeat parts of the secrets.
    throw configError("secrets: not valid JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw configError(`secrets: expected a JSON object, got ${kindOf(value)}`);
  const members = Object.entries(value).filter(([, secret]) => secret !== null);
  return Object.fromEntries(members.map(([name, secret], at) => [checkedName(name, at), secretText(name, secret)]));
}

/** Whoever mixes up name and value must not read the value in an error. */
function checkedName(name: string, at: number): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  throw configError(`secrets: member ${at + 1} has no name of a variable (letters, digits and _, no digit first)`);
}

function secretText(name: string, secret: unknown): string {
  if (typeof secret === "boolean") return secret ? "True" : "False";
  if (typeof secret === "number") return String(secret);
  if (typeof secret !== "string") throw configError(`secrets: ${name} must be a string, got ${kindOf(secret)}`);
  // With its name, "=" and the end that is written for it.
  const bytes = Buffer.byteLength(secret) + name.length + 2;
  if (bytes > MOST_VARIABLE_BYTES)
    throw configError(`secrets: ${name} is too long: a variable may have ${MOST_VARIABLE_BYTES} bytes, not ${bytes}`);
  if (secret.includes("\0")) throw configError(`secrets: ${name} holds a NUL character, which no variable can`);
  return secret;
}
