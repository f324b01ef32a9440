import { type IncomingHttpHeaders, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Fault } from "./fault.ts";

/** A whole answer of the coordinator. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const PIECES = 16;
const PAGE = "<!doctype html><title>Welcome</title><p>You are connected.</p>";
/** Long enough for the other side to have read what was sent, which a reset would discard. */
const READ_MS = 20;

/** Gives an answer the way a fault has it; `answer` is missing where the coordinator was not asked. */
export async function inflict(
  fault: Fault | undefined,
  answer: Answer | undefined,
  response: ServerResponse,
): Promise<void> {
  const { socket } = response;
  if (!socket) return;
  switch (fault?.kind) {
    case "error":
      response.writeHead(500, { "content-type": "text/plain; charset=utf-8" }).end("Internal Server Error");
      return;
    case "deny":
      response.writeHead(401, { "content-type": "application/json" }).end(`{"detail":"Not authenticated"}`);
      return;
    case "page":
      response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
      return;
    case "garbage":
      socket.end(Buffer.from([0, 255, 22, 3, 1, 13, 10, 13, 10, 0, 254, 1]));
      return;
    case "hang":
      await lasting(fault.ms, socket);
      socket.resetAndDestroy();
      return;
    case "cut":
      if (answer) await cut(bytesOf(answer), socket);
      return;
    case "drip":
      if (answer) await drip(bytesOf(answer), fault.ms, socket, response);
      return;
    case "delay":
      await lasting(fault.ms, socket);
      if (answer) pass(answer, response);
      return;
    case "again":
    case undefined:
      if (answer) pass(answer, response);
      return;
    default:
      socket.resetAndDestroy();
  }
}

function pass({ status, headers, body }: Answer, response: ServerResponse): void {
  response.writeHead(status, headers).end(body);
}

async function cut(bytes: Buffer, socket: Socket): Promise<void> {
  socket.write(bytes.subarray(0, bytes.length - Math.ceil(bytes.length / 8)));
  await lasting(READ_MS, socket);
  socket.resetAndDestroy();
}

async function drip(bytes: Buffer, ms: number, socket: Socket, response: ServerResponse): Promise<void> {
  const size = Math.ceil(bytes.length / PIECES);
  for (let start = 0; start < bytes.length && !response.destroyed; start += size) {
    socket.write(bytes.subarray(start, start + size));
    await lasting(ms / PIECES, socket);
  }
  socket.end();
}

/** The answer as it goes over the wire, on a connection that ends with it. */
function bytesOf({ status, headers, body }: Answer): Buffer {
  const named: IncomingHttpHeaders = { ...headers, connection: "close" };
  if (status !== 204) named["content-length"] = String(body.length);
  const lines = Object.entries(named).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), body]);
}

/** Waits, but not for a connection that is gone. */
async function lasting(ms: number, socket: Socket): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  socket.once("close", leave);
  await wait(ms, undefined, { signal: gone.signal }).catch(() => undefined);
  socket.off("close", leave);
}
