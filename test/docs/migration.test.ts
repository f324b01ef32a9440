import { describe, expect, it } from "vitest";
import type { OptionField } from "../../core/src/config/option-field.ts";
import { OKEN_STATUS } from "../../plugins/docker-oken/src/oken-error.ts";
import { codeIn, optionsOf, type Row, read, rowsOf } from "./pages.ts";

const VERDICT = /^(same|better|different)\b/;

/** What each reference has, as its users know it; and whose options take its place. */
const REFERENCES = [
  {
    page: "docs/migration-aof-runner.md",
    owners: ["core", "coordinator", "auth0-m2m", "command-executor", "script-executor"],
    variables: [
      ...["AGENT_ORCHESTRATOR_API_URL", "PROJECT_DIR", "PROFILE", "RUNNER_TAGS", "REQUIRE_MATCHING_TAGS", "VERBOSE"],
      ...["POLL_TIMEOUT", "HEARTBEAT_INTERVAL", "MCP_PORT", "EXTERNAL_MCP_URL", "AGENT_SESSION_ID"],
      ...["AUTH0_DOMAIN", "AUTH0_AUDIENCE", "AUTH0_RUNNER_CLIENT_ID", "AUTH0_RUNNER_CLIENT_SECRET"],
      ...["PROCEDURAL_PROFILE", "PROCEDURAL_RUNNER_TAGS", "PROCEDURAL_REQUIRE_MATCHING_TAGS", "HOST_WORKSPACE"],
    ],
    things: [
      ...["--coordinator-url", "-c", "--project-dir", "-p", "--profile", "-x", "--profile-list", "-l", "--tags", "-t"],
      ...["--require-matching-tags", "--mcp-port", "-m", "--external-mcp-url", "-e", "--verbose", "-v"],
      ...["profiles/<name>.json", "command", "config", "lifecycle", "agents_dir", "script_file", "echo", "test"],
      "{PROJECT_DIR}/scripts/<name>/",
    ],
    defects: { "AOF-D": 42 },
  },
  {
    page: "docs/migration-oken-runner.md",
    owners: ["docker-oken"],
    variables: [
      ...["OKEN_DATA_DIR", "OKEN_DOCKER_NETWORK", "OKEN_BASE_IMAGE_PREFIX", "OKEN_DEFAULT_WARM_TIMEOUT"],
      ...["OKEN_CLEANUP_INTERVAL", "OKEN_CONTAINER_PORT", "OKEN_HEALTH_CHECK_TIMEOUT", "OKEN_INVOKE_TIMEOUT"],
      ...["DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "HTTP_PROXY", "RUNNER_URL"],
      ...["OKEN_ENTRYPOINT", "OKEN_ENTRY_TYPE", "PORT"],
    ],
    things: [
      ...["POST /deploy", "POST /invoke/{agent_id}", "POST /stop/{agent_id}", "GET /agents", "GET /health"],
      ...["GET /logs/{agent_id}", "/docs", "/redoc", "/openapi.json", "HEAD", "OPTIONS"],
      ...["AGENT_NOT_FOUND", "AGENT_NOT_RUNNING", "BUILD_FAILED", "CONFIG_ERROR", "CONTAINER_ERROR", "INVOKE_FAILED"],
      ...["[agent]", "name", "python_version", "entrypoint", "entrypoint_type", "warm_timeout", "slug"],
      ...["oken deploy", "oken invoke <slug>", "oken logs <slug> -f", "oken stop <slug>", "oken list", "oken status"],
      ...["oken secrets", "oken init", "oken delete", "oken-<id>", "oken-agent:<id>", "oken.agent_id"],
    ],
    defects: { "OKEN-D": 42 },
  },
];

describe.each(REFERENCES)("$page", ({ page, owners, variables, things, defects }) => {
  const rows = rowsOf(page);
  const fields = owners.flatMap((owner) => optionsOf(owner));

  it.each([...variables, ...things])("judges what the reference has: %s", (thing) => {
    expect(rows.filter((row) => "verdict" in row && firstCodes(row).includes(thing))).not.toEqual([]);
  });

  it("gives every verdict in one of three words", () => {
    const verdicts = rows.flatMap(({ verdict }) => verdict ?? []);
    expect(verdicts.length).toBeGreaterThan(60);
    expect(verdicts.filter((verdict) => !VERDICT.test(verdict))).toEqual([]);
  });

  it("names every variable of the options", () => {
    const named = rows.flatMap((row) => Object.values(row).slice(0, 2).flatMap(codeIn));
    const options = fields.flatMap(({ env }) => env ?? []);
    expect(options.length).toBeGreaterThan(20);
    expect(options.filter((variable) => !named.includes(variable))).toEqual([]);
  });

  it("tells the defaults that the options have", () => {
    const told = rows.filter(({ variable, default: value }) => variable !== undefined && codeIn(value).length > 0);
    const wrong = told.flatMap((row) => {
      const field = fields.find(({ env }) => codeIn(row["variable"]).includes(env ?? ""));
      const wanted = field && defaultOf(field);
      return wanted === undefined || codeIn(row["default"])[0] === wanted ? [] : [`${field?.env}: ${wanted}`];
    });
    expect(wrong).toEqual([]);
    expect(told.length).toBeGreaterThan(5);
  });

  it("says what becomes of every defect of the reference", () => {
    const text = read(page);
    const numbers = Object.entries(defects).flatMap(([prefix, count]) =>
      Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`),
    );
    expect(numbers.filter((number) => !new RegExp(`${number}\\b`).test(text))).toEqual([]);
  });
});

describe("docs/migration-oken-runner.md", () => {
  it("names every code that the API answers", () => {
    const named = rowsOf("docs/migration-oken-runner.md", "Answers").flatMap((row) => codeIn(row["code"]));
    const codes = Object.keys(OKEN_STATUS).filter((code) => code !== "VALIDATION_ERROR");
    expect(codes.filter((code) => !named.includes(code))).toEqual([]);
  });

  it("names every key of oken.toml that the plugin's README names", () => {
    const keys = rowsOf("plugins/docker-oken/README.md", "Agents").flatMap(({ key }) => codeIn(key));
    const named = rowsOf("docs/migration-oken-runner.md", "`oken.toml`").flatMap(({ key }) => codeIn(key));
    expect(keys.length).toBeGreaterThan(10);
    expect(keys.filter((key) => !named.includes(key))).toEqual([]);
  });
});

/** What stands as code in a row's first cell. */
function firstCodes(row: Row): string[] {
  return codeIn(Object.values(row)[0]);
}

/** As text; nothing where there is none, or where it depends on the machine. */
function defaultOf({ schema }: OptionField): string | undefined {
  const { data } = schema.safeParse(undefined);
  return data === undefined || typeof data === "object" || data === "." ? undefined : String(data);
}
