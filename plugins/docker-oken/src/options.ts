import { z } from "leasehold";

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
const GIBIBYTE = 1024 * MEBIBYTE;

/** The Docker engine, as its own command line finds it (spec §4). */
const engine = {
  dockerHost: z.string().min(1).optional().meta({
    env: "DOCKER_HOST",
    sharedEnv: true,
    description: "The engine: unix://, tcp:// or http(s)://. Default: unix:///var/run/docker.sock",
  }),
  dockerTlsVerify: z.string().optional().meta({
    env: "DOCKER_TLS_VERIFY",
    sharedEnv: true,
    description: "Any text demands TLS with the certificates in DOCKER_CERT_PATH",
  }),
  dockerCertPath: z.string().min(1).optional().meta({
    env: "DOCKER_CERT_PATH",
    sharedEnv: true,
    description: "Directory with ca.pem, cert.pem and key.pem",
  }),
};

/** The reference runner's eight variables with its defaults (spec §4). */
const reference = {
  dataDir: z.string().min(1).default("/tmp/oken").meta({
    env: "OKEN_DATA_DIR",
    description: "Where agents, their registry and build logs are kept",
  }),
  network: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, "is no name of a Docker network")
    .default("oken-agents")
    .meta({ env: "OKEN_DOCKER_NETWORK", description: "Bridge network of the agents; made when it is absent" }),
  warmTimeoutSeconds: z.int().default(300).meta({
    env: "OKEN_DEFAULT_WARM_TIMEOUT",
    unit: "seconds",
    description: "`warm_timeout` of agents that state none; 0 or less stops an agent as soon as it is idle",
  }),
  cleanupIntervalSeconds: z.int().positive().max(86_400).default(30).meta({
    env: "OKEN_CLEANUP_INTERVAL",
    unit: "seconds",
    description: "How late an idle agent's stop may come",
  }),
  containerPort: z.int().min(1).max(65_535).default(8080).meta({
    env: "OKEN_CONTAINER_PORT",
    description: "Port that agents listen on inside their containers",
  }),
  healthCheckTimeoutSeconds: z.int().positive().max(86_400).default(30).meta({
    env: "OKEN_HEALTH_CHECK_TIMEOUT",
    unit: "seconds",
    description: "How long a started agent may take to become ready",
  }),
  invokeTimeoutSeconds: z.int().positive().max(2_000_000).default(300).meta({
    env: "OKEN_INVOKE_TIMEOUT",
    unit: "seconds",
    description: "How long a call may take where `invoke_timeout` of the agent says nothing else",
  }),
  baseImagePrefix: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._:/-]*$/, "is no image repository")
    .default("ghcr.io/astral-sh/uv")
    .meta({
      env: "OKEN_BASE_IMAGE_PREFIX",
      description: "Image repository with uv; the tag is pinned by the runner",
    }),
};

/** What listens for the platform, and what it takes. */
const api = {
  host: z.string().min(1).default("127.0.0.1").meta({ env: "OKEN_HOST", description: "Address of the HTTP API" }),
  port: z.int().min(0).max(65_535).default(8000).meta({
    env: "OKEN_PORT",
    description: "Port of the HTTP API; 0 takes a free one",
  }),
  apiToken: z.string().min(1).optional().meta({
    env: "OKEN_API_TOKEN",
    secret: true,
    description: "Bearer token that every request must carry. Default: none is asked for",
  }),
  archiveBytes: limit(64 * MEBIBYTE, "OKEN_ARCHIVE_BYTES", "bytes", "The largest archive that is taken"),
  expandedBytes: limit(512 * MEBIBYTE, "OKEN_EXPANDED_BYTES", "bytes", "The most that an archive may expand to"),
  entries: limit(20_000, "OKEN_ARCHIVE_ENTRIES", "entries", "The most files, folders and links in an archive"),
  pathBytes: z.int().positive().max(4_096).default(1_024).meta({
    env: "OKEN_PATH_BYTES",
    unit: "bytes",
    description: "The longest path inside an archive",
  }),
  inputBytes: limit(16 * MEBIBYTE, "OKEN_INPUT_BYTES", "bytes", "The largest body of a call"),
  outputBytes: limit(16 * MEBIBYTE, "OKEN_OUTPUT_BYTES", "bytes", "The largest answer that an agent may give"),
  maxInFlight: limit(256, "OKEN_MAX_IN_FLIGHT", "calls", "Calls in flight at once, all agents together"),
  maxQueued: limit(1_024, "OKEN_MAX_QUEUED", "calls", "Calls that may wait for a place, all agents together"),
};

/** From a folder to an image. */
const images = {
  baseImage: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9._:/@-]*$/, "is no image reference")
    .optional()
    .meta({
      env: "OKEN_BASE_IMAGE",
      description: "The whole reference of the base image, instead of the prefix and the pinned tag",
    }),
  buildTimeoutSeconds: z.int().positive().max(86_400).default(280).meta({
    env: "OKEN_BUILD_TIMEOUT",
    unit: "seconds",
    description: "How long an image build may take; the Oken CLI waits 300 s for a deployment",
  }),
  parallelBuilds: z.int().positive().max(64).default(2).meta({
    env: "OKEN_PARALLEL_BUILDS",
    unit: "builds",
    description: "Images built at once; further ones wait",
  }),
  imageBudgetBytes: z
    .int()
    .nonnegative()
    .default(20 * GIBIBYTE)
    .meta({
      env: "OKEN_IMAGE_BUDGET_BYTES",
      unit: "bytes",
      description: "Disk that images of this runner may take; the least recently used ones go first",
    }),
  pythonIndexUrl: z
    // It can be read in every image's history: no credentials.
    .string()
    .regex(/^https?:\/\/[^\s"'$\\@]+$/, "is no http(s) URL without credentials")
    .optional()
    .meta({
      env: "OKEN_PYTHON_INDEX_URL",
      description: "Package index for builds. Default: PyPI, or what the base image sets",
    }),
};

/** How agents are confined; each point can be switched off (OKEN-D26, OKEN-D27). */
const containers = {
  memoryBytes: limit(512 * MEBIBYTE, "OKEN_MEMORY_BYTES", "bytes", "Memory of an agent, swap included"),
  cpus: z.number().positive().max(1_024).default(1).meta({
    env: "OKEN_CPUS",
    unit: "CPUs",
    description: "Processor time of an agent",
  }),
  pids: limit(256, "OKEN_PIDS", "processes", "Processes and threads of an agent"),
  tmpBytes: limit(64 * MEBIBYTE, "OKEN_TMP_BYTES", "bytes", "Size of an agent's /tmp, which lies in memory"),
  logBytes: limit(10 * MEBIBYTE, "OKEN_LOG_BYTES", "bytes", "Size at which an agent's log file is rotated"),
  logFiles: z.int().positive().max(100).default(2).meta({
    env: "OKEN_LOG_FILES",
    unit: "files",
    description: "Log files kept per agent",
  }),
  readOnlyRoot: hardening("OKEN_READ_ONLY_ROOT", "Agents cannot write outside /tmp"),
  dropCapabilities: hardening("OKEN_DROP_CAPABILITIES", "Agents have no Linux capability"),
  noNewPrivileges: hardening("OKEN_NO_NEW_PRIVILEGES", "Agents gain nothing from set-id programs"),
  nonRoot: hardening("OKEN_NON_ROOT", "Agents run as an ordinary user"),
  isolated: hardening("OKEN_ISOLATED", "Agents cannot reach each other"),
  reach: z.enum(["address", "loopback"]).default("address").meta({
    env: "OKEN_REACH",
    description: "How the runner calls agents: at their own address, or through a port published on loopback",
  }),
};

/** How long agents stay, and how many. */
const pool = {
  freezeAfterSeconds: z.int().nonnegative().optional().meta({
    env: "OKEN_FREEZE_AFTER",
    unit: "seconds",
    description: "Idle time after which agents that say nothing else are frozen. Default: never",
  }),
  maxRunning: limit(64, "OKEN_MAX_RUNNING", "agents", "Agents running at once; the least recently used one goes first"),
  maxAgents: limit(1_000, "OKEN_MAX_AGENTS", "agents", "Agents that may be deployed, running or not"),
  keepRunning: z.boolean().default(false).meta({
    env: "OKEN_KEEP_RUNNING",
    description: "Agents run on when the runner ends. Default: they are stopped, and started again with the runner",
  }),
  concurrency: limit(16, "OKEN_CONCURRENCY", "calls", "Calls at once in an agent that states no `concurrency`"),
  queued: limit(256, "OKEN_QUEUED", "calls", "Calls that may wait for one agent, its wake-up included"),
  restartAttempts: z.int().nonnegative().max(1_000).default(5).meta({
    env: "OKEN_RESTART_ATTEMPTS",
    unit: "attempts",
    description: "Restarts in a row of a crashed agent before it counts as failed",
  }),
  instance: z
    .string()
    .regex(/^[a-zA-Z0-9_.-]{1,64}$/, "is no instance name")
    .optional()
    .meta({
      env: "OKEN_INSTANCE",
      description: "Label that tells this runner's containers from another's. Default: kept in the data directory",
    }),
};

/** The options of docker-oken: the reference runner's variables (spec §4) and our own. */
export const options = z.strictObject({ ...engine, ...reference, ...api, ...images, ...containers, ...pool });

export type OkenOptions = z.output<typeof options>;

function limit(fallback: number, env: string, unit: string, description: string) {
  return z.int().positive().default(fallback).meta({ env, unit, description });
}

function hardening(env: string, description: string) {
  return z.boolean().default(true).meta({ env, description });
}
