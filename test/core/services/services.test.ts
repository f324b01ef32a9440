import { definePlugin, keyOf, type Plugin, type PluginContext, type Services, succeeded, token } from "leasehold";
import { container, inject, injectable } from "tsyringe";
import { describe, expect, it } from "vitest";
import { executor } from "../../fixtures/kinds.ts";
import { boot, leased, plugin } from "../../fixtures/runner.ts";

interface Greeter {
  greet(name: string): string;
}
const Greeter = token<Greeter>("test/greeter");
const Mark = token<string>("test/mark");
const Missing = token<number>("test/missing");

const shouting = (inner: Greeter, sign: string): Greeter => ({ greet: (name) => inner.greet(name) + sign });
const greeterPlugin = plugin("greeter", ({ services }) =>
  services.provide(Greeter, { useFactory: () => ({ greet: (name) => `hello ${name}` }) }),
);

/** The services as a plugin that is set up last sees them. */
async function seen(plugins: readonly Plugin[]): Promise<Services> {
  let context: PluginContext | undefined;
  const observer = plugin("observer", (own) => {
    context = own;
  });
  await boot([...plugins, observer]);
  return (context as PluginContext).services;
}

describe("services", () => {
  it("are built once, when they are first got", async () => {
    let built = 0;
    const services = await seen([
      plugin("p", ({ services }) =>
        services.provide(Greeter, { useFactory: () => ({ greet: () => String(++built) }) }),
      ),
    ]);
    expect(services.get(Greeter)).toBe(services.get(Greeter));
    expect(built).toBe(0);
  });

  it("are refused a second time, naming both plugins", async () => {
    const second = plugin("second", ({ services }) => services.provide(Greeter, { useValue: { greet: () => "" } }));
    await expect(boot([greeterPlugin, second])).rejects.toThrow(
      'service "test/greeter" is provided by "greeter" and by "second"',
    );
  });

  it("are named when nobody provides them", async () => {
    const services = await seen([]);
    expect(() => services.get(Missing)).toThrow('nobody provides the service "test/missing"');
    expect(services.find(Missing)).toBeUndefined();
  });

  it("are wrapped by overrides, the last outermost, wherever they are provided", async () => {
    const wrap = (name: string, sign: string) =>
      plugin(name, ({ services }) => services.override(Greeter, (inner) => shouting(inner, sign)));
    const services = await seen([wrap("before", "!"), greeterPlugin, wrap("after", "?")]);
    expect(services.get(Greeter).greet("you")).toBe("hello you!?");
  });

  it("are not overridden after they were used, naming both plugins", async () => {
    const user = plugin("user", ({ services }) => void services.get(Greeter));
    const late = plugin("late", ({ services }) => services.override(Greeter, (inner) => inner));
    await expect(boot([greeterPlugin, user, late])).rejects.toThrow(
      'service "test/greeter" is overridden by "late" after it was first used by "user"',
    );
  });

  it("say so when they need each other in a circle", async () => {
    const services = await seen([
      plugin("circle", ({ services }) => {
        services.provide(Greeter, { useFactory: (inner) => ({ greet: () => inner.get(Mark) }) });
        services.provide(Mark, { useFactory: (inner) => String(inner.get(Missing)) });
        services.provide(Missing, { useFactory: (inner) => Number(inner.get(Mark)) });
      }),
    ]);
    expect(() => services.get(Mark)).toThrow(
      "services need each other in a circle: test/mark → test/missing → test/mark",
    );
    expect(() => services.get(Greeter).greet("")).toThrow("in a circle");
  });

  it("may be wrapped for one run, and for that run only", async () => {
    const { runner } = await boot([
      greeterPlugin,
      executor((run) => {
        if (run.id === "one") run.services.override(Greeter, (inner) => shouting(inner, "!"));
        return succeeded(run.services.get(Greeter).greet(run.id));
      }),
    ]);
    const texts = [];
    for (const id of ["one", "two"]) texts.push((await runner.execute(leased(id))).result?.text);
    expect(texts).toEqual(['"hello one!"', '"hello two"']);
  });

  it("never reach the global container", async () => {
    await seen([greeterPlugin]);
    expect(container.isRegistered(keyOf(Greeter), true)).toBe(false);
  });
});

@injectable()
class Polite implements Greeter {
  readonly #mark: string;

  constructor(@inject(keyOf(Mark)) mark: string) {
    this.#mark = mark;
  }

  greet(name: string): string {
    return `good day, ${name}${this.#mark}`;
  }
}

describe("classes", () => {
  const politePlugin = definePlugin({
    name: "polite",
    apiVersion: 1,
    setup: ({ services }) => services.provide(Greeter, { useClass: Polite }),
  });

  it("get their parameters by token", async () => {
    const mark = plugin("mark", ({ services }) => services.provide(Mark, { useValue: "." }));
    const services = await seen([politePlugin(), mark]);
    expect(services.get(Greeter).greet("Ann")).toBe("good day, Ann.");
    expect(services.get(Greeter)).toBe(services.get(Greeter));
  });

  it("count as users of what they are given", async () => {
    const mark = plugin("mark", ({ services }) => services.provide(Mark, { useValue: "." }));
    const user = plugin("user", ({ services }) => void services.get(Greeter));
    const late = plugin("late", ({ services }) => services.override(Mark, () => "!"));
    await expect(boot([mark, politePlugin(), user, late])).rejects.toThrow(
      'service "test/mark" is overridden by "late" after it was first used by "polite"',
    );
  });

  it("name the token of a parameter that nobody provides", async () => {
    const services = await seen([politePlugin()]);
    expect(() => services.get(Greeter)).toThrow(/test\/mark/);
  });
});
