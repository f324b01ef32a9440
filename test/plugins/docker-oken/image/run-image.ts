import { request } from "node:http";
import type Docker from "dockerode";

/** A container of an agent's image, hardened as agents are; gone when it is disposed of. */
export async function runImage(docker: Docker, image: string, env: readonly string[] = []) {
  const container = await docker.createContainer({
    Image: image,
    Env: [...env],
    HostConfig: {
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Tmpfs: { "/tmp": "rw,size=16m,mode=1777" },
    },
  });
  const output = await container.attach({ stream: true, stdout: true, stderr: true });
  await container.start();
  const announced = await firstMatch(output, /\[oken\] (ready on port (\d+)|.*)/);
  const { NetworkSettings, State } = await container.inspect();
  const address = { host: NetworkSettings.Networks["bridge"]?.IPAddress ?? "", port: Number(announced?.[2] ?? 8080) };
  return {
    container,
    /** What the wrapper said first; nothing when the container ended without a word. */
    announced: announced?.[0],
    state: State,
    invoke: (input: unknown) => post(address, JSON.stringify({ input })),
    [Symbol.asyncDispose]: () => container.remove({ force: true }),
  };
}

function firstMatch(output: NodeJS.ReadableStream, pattern: RegExp): Promise<RegExpExecArray | undefined> {
  return new Promise((resolve) => {
    let text = "";
    output.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      const match = pattern.exec(text.slice(0, text.lastIndexOf("\n")));
      if (match) resolve(match);
    });
    output.once("end", () => resolve(undefined));
  });
}

function post({ host, port }: { host: string; port: number }, body: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request(
      {
        host,
        port,
        path: "/invoke",
        method: "POST",
        agent: false,
        headers: { "content-length": Buffer.byteLength(body) },
      },
      (response) => {
        let text = "";
        response
          .setEncoding("utf8")
          .on("data", (chunk: string) => {
            text += chunk;
          })
          .once("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
      },
    )
      .once("error", reject)
      .end(body);
  });
}
