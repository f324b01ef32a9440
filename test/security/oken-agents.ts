/** Tells its environment as careless programs do: in every form, in pieces, and in a line so long that it comes in several. */
const SPILL = `
import base64, json, os, sys, urllib.parse
def spill():
    secret = os.environ.get("DEPLOYED", "none")
    told = [secret, json.dumps(secret), json.dumps(dict(os.environ)), urllib.parse.quote(secret), urllib.parse.urlencode({"s": secret})]
    for before in ["", "a", "ab"]:
        told.append(base64.b64encode((before + secret + " and more").encode()).decode())
        told.append(base64.urlsafe_b64encode((before + secret + " and more").encode()).decode())
    return " | ".join(told)
def tell():
    line = spill() + "\\n" + "x" * (15 * 1024 - 20) + spill() + "\\n"
    for at in range(0, len(line), 97):
        sys.stdout.write(line[at : at + 97])
        sys.stdout.flush()
    print(spill(), file=sys.stderr, flush=True)
`;

const config = (type: string) => `[agent]\nname = "leaky"\nentrypoint = "main.py"\nentrypoint_type = "${type}"\n`;

type Files = Readonly<Record<string, string>>;

/** Fails when it is called. */
export const raising: Files = {
  "oken.toml": config("handler"),
  "main.py": `${SPILL}\ntell()\ndef handler(input):\n    tell()\n    if "echo" in input:\n        return {"echo": input["echo"]}\n    raise Exception(spill())\n`,
};

/** Never becomes ready. */
export const stillborn: Files = {
  "oken.toml": config("handler"),
  "main.py": `${SPILL}\ntell()\nraise Exception(spill())\ndef handler(input):\n    return {}\n`,
};

/** Answers calls with status 500 and its environment. */
export const echoing: Files = {
  "oken.toml": config("http"),
  "main.py": `${SPILL}
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200, b"{}")
    def do_POST(self):
        self.answer(500, json.dumps({"error": spill(), "detail": spill()}).encode())
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
tell()
ThreadingHTTPServer(("0.0.0.0", int(os.environ.get("OKEN_PORT", os.environ.get("PORT", "8080")))), Handler).serve_forever()
`,
};

/** Whose build quotes a secret that somebody wrote among its dependencies. */
export const unbuildable = (secret: string): Files => ({
  ...raising,
  "requirements.txt": `${secret}\n`,
});
