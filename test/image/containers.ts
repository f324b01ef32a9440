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

/** What a program wrote and its exit code, in a running container, as the image's user. */
export async function execute(
  container: Docker.Container,
  ...Cmd: string[]
): Promise<{ code: number; output: string }> {
  const process_ = await container.exec({ Cmd, AttachStdout: true, AttachStderr: true, Tty: true });
  const stream = await process_.start({ Tty: true });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const { ExitCode: code } = await process_.inspect();
  return { code: code ?? -1, output: Buffer.concat(chunks).toString() };
}

/** Everything that a container with a terminal wrote. */
export async function logsOf(container: Docker.Container): Promise<string> {
  return (await container.logs({ stdout: true, stderr: true })).toString();
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
