import type { EntrypointType } from "../config/agent-config.ts";
import type { DependencyPlan } from "./dependency-plan.ts";
import type { PythonChoice } from "./python-choice.ts";

/** Everything that a Dockerfile is made from; all texts were checked against strict patterns (OKEN-D23). */
export interface Recipe {
  readonly baseImage: string;
  readonly dependencies: DependencyPlan;
  readonly python: PythonChoice;
  readonly entrypoint: string;
  readonly entrypointType: EntrypointType;
  readonly containerPort: number;
  readonly concurrency: number;
  readonly callTimeoutSeconds: number;
  readonly isRoot: boolean;
  readonly indexUrl?: string;
}

/** Numeric, because a base image need not know the name. */
const AGENT_USER = "65532:65532";
/** The wrapper's name in the build context and in the image. */
export const WRAPPER = "oken_wrapper.py";
const HOME = "/opt/oken";
const VENV = `${HOME}/venv`;

type Installed = Exclude<DependencyPlan, { readonly kind: "none" }>;

/** The Dockerfile of an agent: dependencies first, so that their layer is made anew only when their files change. */
export function renderDockerfile(recipe: Recipe): string {
  const { dependencies } = recipe;
  const installed = dependencies.kind === "none" ? undefined : dependencies;
  const early = installed && !installed.needsFolder ? installed : undefined;
  const late = installed && (!early || installed.isPackage) ? installed : undefined;
  const lines = [
    `FROM ${recipe.baseImage}`,
    ...buildArguments(recipe),
    ...interpreter(recipe),
    ...(early ? [...copyOf(early.files), ...install(early, "--no-install-project")] : []),
    `COPY --chown=${AGENT_USER} app/ /app/`,
    "WORKDIR /app",
    ...(late ? install(late, "") : []),
    ...(recipe.entrypointType === "http" ? [] : [`COPY ${WRAPPER} ${HOME}/${WRAPPER}`]),
    ...environment(recipe),
    `EXPOSE ${recipe.containerPort}`,
    ...(recipe.isRoot ? [] : [`USER ${AGENT_USER}`]),
    `CMD ${JSON.stringify(command(recipe))}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** Arguments, not environment: they hold during the build only. */
function buildArguments({ dependencies, python, indexUrl }: Recipe): string[] {
  if (dependencies.kind === "none" && python.kind === "present") return [];
  return [
    `ARG UV_PYTHON_INSTALL_DIR=${HOME}/python`,
    `ARG UV_PROJECT_ENVIRONMENT=${VENV}`,
    "ARG UV_COMPILE_BYTECODE=1",
    "ARG UV_LINK_MODE=copy",
    "ARG UV_NO_PROGRESS=1",
    // Packages run code of their own while they are built: a cache would carry it from agent to agent.
    "ARG UV_NO_CACHE=1",
    ...(indexUrl === undefined ? [] : [`ARG UV_DEFAULT_INDEX=${indexUrl}`]),
    ...(python.kind === "project" ? [] : [`ARG UV_PYTHON=${python.kind === "present" ? python.path : python.version}`]),
  ];
}

function interpreter(recipe: Recipe): string[] {
  const { python, dependencies } = recipe;
  const fetched = python.kind === "download" ? [`RUN uv python install ${python.version}`] : [];
  if (dependencies.kind === "project" || !usesVenv(recipe)) return fetched;
  return [...fetched, `RUN uv venv --quiet ${VENV}`];
}

/** Without dependencies an interpreter of the base image serves as it is. */
function usesVenv({ dependencies, python }: Recipe): boolean {
  return dependencies.kind !== "none" || python.kind !== "present";
}

function copyOf(files: readonly string[]): string[] {
  return [`WORKDIR ${HOME}/project`, `COPY ${JSON.stringify([...files.map((file) => `dependencies/${file}`), "./"])}`];
}

function install(plan: Installed, flag: string): string[] {
  if (plan.kind === "requirements")
    return [`RUN uv pip install --python ${VENV}/bin/python --requirements requirements.txt`];
  const sync = `RUN uv sync ${flag}`.trim();
  // A lock that does not fit is made anew, as the reference does.
  return [plan.isLocked ? `${sync} --frozen || ${sync.slice("RUN ".length)}` : sync];
}

function environment(recipe: Recipe): string[] {
  const { entrypoint, entrypointType, containerPort, concurrency, callTimeoutSeconds } = recipe;
  const values = {
    // Else what an agent prints shows late, or never (OKEN-D37).
    PYTHONUNBUFFERED: "1",
    PYTHONDONTWRITEBYTECODE: "1",
    HOME: "/tmp",
    ...(usesVenv(recipe) ? { VIRTUAL_ENV: VENV, PATH: `${VENV}/bin:$PATH` } : {}),
    OKEN_ENTRYPOINT: entrypoint,
    OKEN_ENTRY_TYPE: entrypointType,
    PORT: String(containerPort),
    OKEN_CONCURRENCY: String(concurrency),
    OKEN_CALL_TIMEOUT: String(callTimeoutSeconds),
  };
  return [
    `ENV ${Object.entries(values)
      .map(([name, value]) => `${name}="${value}"`)
      .join(" ")}`,
  ];
}

/** The interpreter itself, not uv: nothing is looked up when a container starts (OKEN-D40). */
function command(recipe: Recipe): string[] {
  const { python, entrypoint, entrypointType } = recipe;
  const interpreter = usesVenv(recipe) || python.kind !== "present" ? `${VENV}/bin/python` : python.path;
  return [interpreter, entrypointType === "http" ? entrypoint : `${HOME}/${WRAPPER}`];
}
