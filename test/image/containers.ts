import { once } from "node:events";
import type Docker from "dockerode";
import { onTestFinished } from "vitest";
import { engine } from "../plugins/docker-oken/engine.ts";

/** A network of a test's own, gone with everything in it when the test is over. */
export async function testNetwork(): Promise<string> {
  const { docker } = engine();
  const name = `leasehold-test-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const network = await docker.createNetwork({ Name: name });
  onTestFinished(() => network.remove());
  return name;
}

/** Starts a container that is removed, with its volumes, when the test is over. */
export async function start(options: Docker.ContainerCreateOptions): Promise<Docker.Container> {
  const container = await engine().docker.createContainer(options);
  onTestFinished(() => container.remove({ force: true, v: true }));
  await container.start();
  return container;
}

/** What a program wrote and its exit code, in a container of its own. */
export async function runOnce(options: Docker.ContainerCreateOptions): Promise<{ code: number; output: string }> {
  const container = await start({ ...options, Tty: true });
  const { StatusCode: code } = (await container.wait()) as { StatusCode: number };
  return { code, output: await logsOf(container) };
}

/** A program in a running container, as the image's user. */
export interface Followed {
  /** What it has written so far. */
  output(): string;
  /** Resolves when it has written a text; rejects when it ends without. */
  until(text: string): Promise<void>;
  /** Its exit code, when it has ended. */
  code(): Promise<number>;
}

/** Starts a program in a running container. */
export async function follow(container: Docker.Container, ...Cmd: string[]): Promise<Followed> {
  const program = await container.exec({ Cmd, AttachStdout: true, AttachStderr: true, Tty: true });
  const stream = await program.start({ Tty: true });
  let output = "";
  const ended = new Promise<void>((done) => stream.once("end", done).once("error", done));
  stream.on("data", (chunk) => {
    output += String(chunk);
  });
  const until = async (text: string): Promise<void> => {
    while (!output.includes(text)) {
      const more = await Promise.race([ended.then(() => false), once(stream, "data").then(() => true)]);
      if (!more && !output.includes(text))
        throw new Error(`${Cmd.join(" ")} ended without writing "${text}": ${output}`);
    }
  };
  const code = async (): Promise<number> => {
    await ended;
    return (await program.inspect()).ExitCode ?? -1;
  };
  return { output: () => output, until, code };
}

/** What a program wrote and its exit code, in a running container. */
export async function execute(
  container: Docker.Container,
  ...command: string[]
): Promise<{ code: number; output: string }> {
  const program = await follow(container, ...command);
  return { code: await program.code(), output: program.output() };
}

/** Everything that a container with a terminal wrote, read to its end: as one answer the client would take JSON apart. */
export async function logsOf(container: Docker.Container): Promise<string> {
  const chunks: Buffer[] = [];
  const output = await container.logs({ follow: true, stdout: true, stderr: true });
  for await (const chunk of output) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Resolves when the engine tells of an event: `health_status: healthy`, `die`. Begin to wait before it can happen. */
export async function engineEvent(container: Docker.Container, wanted: string): Promise<() => Promise<void>> {
  const filters = { container: [container.id] };
  const events = await engine().docker.getEvents({ filters });
  onTestFinished(() => void (events as NodeJS.ReadableStream & { destroy(): void }).destroy());
  const told = (async () => {
    let text = "";
    for await (const chunk of events) {
      text += String(chunk);
      if (text.includes(`"Action":"${wanted}"`)) return;
    }
    throw new Error(`the engine told nothing of "${wanted}"`);
  })();
  told.catch(() => {});
  return () => told;
}

/** The address of a container in a network; the engine runs on this machine. */
export async function addressOf(container: Docker.Container, network: string): Promise<string> {
  const { NetworkSettings } = await container.inspect();
  const address = NetworkSettings.Networks[network]?.IPAddress;
  if (!address) throw new Error(`the container has no address in ${network}`);
  return address;
}
