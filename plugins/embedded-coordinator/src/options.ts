import { isIP } from "node:net";
import { z } from "leasehold";

/**
 * Every option of the embedded coordinator. Times are seconds and may have fractions; the defaults are those of
 * the reference coordinator (protocol §2.8).
 */
export const optionsSchema = z
  .strictObject({
    host: z.string().min(1).default("127.0.0.1").meta({ description: "Address to listen on" }),
    port: z.int().min(0).max(65_535).default(8765).meta({ description: "Port to listen on; 0 takes a free one" }),
    allowRemote: z.boolean().default(false).meta({
      description: "Permit a host that is not loopback. Without `authEnabled` anyone who can connect can run code",
    }),
    data: z
      .string()
      .min(1)
      .default(":memory:")
      .meta({ description: "SQLite file for sessions, runs, events, agents and scripts, or :memory:" }),
    pollTimeoutSeconds: seconds(30).meta({ description: "How long a poll waits for work" }),
    heartbeatIntervalSeconds: seconds(60).meta({ description: "Heartbeat interval told to runners" }),
    staleThresholdSeconds: seconds(120).meta({ description: "Heartbeat age at which a runner becomes stale" }),
    removeThresholdSeconds: seconds(600).meta({ description: "Heartbeat age at which a runner is removed" }),
    lifecycleIntervalSeconds: seconds(30).meta({ description: "Time between checks of runners and of unmatched runs" }),
    noMatchTimeoutSeconds: seconds(300).meta({ description: "How long a run may stay pending" }),
    reaperIntervalSeconds: seconds(60).meta({ description: "Time between checks for abandoned sessions" }),
    reaperGracePeriodSeconds: seconds(120).meta({ description: "No session is reaped for this long after the start" }),
    reaperStaleRunningSeconds: seconds(900).meta({ description: "Age at which an abandoned session is ended" }),
    reaperStaleStoppingSeconds: seconds(120).meta({ description: "The same for a session that is stopping" }),
    runRecoveryMode: z
      .enum(["stale", "all", "none"])
      .default("stale")
      .meta({ description: "What happens at the start to runs that an earlier process left open" }),
    recordLimit: z
      .int()
      .positive()
      .default(10_000)
      .meta({ description: "Entries kept in the record; older ones drop" }),
    bodyLimitBytes: z
      .int()
      .positive()
      .default(64 * 1024 * 1024)
      .meta({ description: "Largest request body" }),
    keepAliveSeconds: seconds(5).meta({ description: "Idle time after which a connection is closed" }),
    authEnabled: z
      .boolean()
      .default(false)
      .meta({ env: "AUTH_ENABLED", description: "Answer only requests that carry a valid access token" }),
    auth0Domain: z
      .string()
      .overwrite(bareDomain)
      .regex(/^[a-z\d.-]+(:\d+)?$/i, "not a domain; it is written as in your-org.auth0.com")
      .optional()
      .meta({
        env: "AUTH0_DOMAIN",
        sharedEnv: true,
        description: "Auth0 tenant that issues the tokens, as in your-org.auth0.com",
      }),
    auth0Audience: z.string().min(1).optional().meta({
      env: "AUTH0_AUDIENCE",
      sharedEnv: true,
      description: "Identifier of this API, which tokens must name as their audience",
    }),
    authIssuer: z.string().min(1).optional().meta({
      description: "What tokens must name as their issuer. Default: `https://<auth0Domain>/`",
    }),
    authJwksUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .meta({
        description: "Where the issuer's keys are. Default: `https://<auth0Domain>/.well-known/jwks.json`",
      }),
    authClockToleranceSeconds: z.number().nonnegative().max(600).default(5).meta({
      description: "By how much the issuer's clock may be off",
    }),
    reference: z
      .boolean()
      .default(false)
      .meta({ description: "Turn on every hazard of the reference coordinator that is not set in `hazards`" }),
    hazards: z
      .strictObject({
        ghostPolls: z.boolean().optional().meta({
          description: "Poll in passes of 0.5 s, and let an abandoned poll go on and swallow work (H1)",
        }),
        unguardedReports: z.boolean().optional().meta({
          description: "Let every report and bind overwrite any state, repeated ones included (H8, H9)",
        }),
        oldestRunStops: z.boolean().optional().meta({
          description: "Let a stop look at the session's oldest run instead of its active one (H15)",
        }),
        pythonNumbers: z.boolean().optional().meta({
          description: "Rewrite number tokens as Python prints them instead of keeping the client's text",
        }),
      })
      .default({})
      .meta({ description: "Single hazards, by name, whatever `reference` says; see the plugin's README" }),
  })
  .superRefine((options, context) => {
    if (options.allowRemote || isLoopback(options.host)) return;
    context.addIssue({
      code: "custom",
      path: ["host"],
      message: `"${options.host}" is not a loopback address, and the embedded coordinator is made for development; set allowRemote: true if that is meant`,
    });
  })
  .superRefine(({ authEnabled, auth0Audience, auth0Domain, authIssuer, authJwksUrl }, context) => {
    if (!authEnabled) return;
    const missing = (path: string, variable: string) =>
      context.addIssue({
        code: "custom",
        path: [path],
        message: `AUTH_ENABLED needs ${variable}, or nobody could be let in`,
      });
    if (auth0Audience === undefined) missing("auth0Audience", "AUTH0_AUDIENCE");
    if (auth0Domain === undefined && (authIssuer === undefined || authJwksUrl === undefined))
      missing("auth0Domain", "AUTH0_DOMAIN");
  });

/** What a caller writes: every field may be left out. */
export type EmbeddedCoordinatorOptions = z.input<typeof optionsSchema>;

/** The options with all defaults applied. */
export type Options = z.output<typeof optionsSchema>;

/** Which of the reference's hazards are on. */
export type Hazards = Record<"ghostPolls" | "unguardedReports" | "oldestRunStops" | "pythonNumbers", boolean>;

/** Settles each hazard: its own switch first, then `reference`. */
export function hazardsOf({ reference, hazards }: Options): Hazards {
  return {
    ghostPolls: hazards.ghostPolls ?? reference,
    unguardedReports: hazards.unguardedReports ?? reference,
    oldestRunStops: hazards.oldestRunStops ?? reference,
    pythonNumbers: hazards.pythonNumbers ?? reference,
  };
}

/** Whether a host name or address (without brackets) can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Without what people paste along with a domain. */
function bareDomain(text: string): string {
  return text
    .trim()
    .replace(/^https:\/\//i, "")
    .replace(/\/$/, "");
}

function seconds(fallback: number) {
  // A timer of Node cannot wait longer than 2^31 - 1 milliseconds: it would fire at once instead.
  return z.number().positive().max(2_000_000).default(fallback);
}
