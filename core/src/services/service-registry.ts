import "reflect-metadata";
import { container, type DependencyContainer } from "tsyringe";
import { LeaseholdError } from "../errors/leasehold-error.ts";
import type { Provider, Services } from "./services.ts";
import type { Token } from "./token.ts";

interface Provided {
  readonly by: string;
  readonly provider: Provider<unknown>;
}

/** A service on its way into being. */
interface Building {
  readonly service: string;
  readonly by: string;
  readonly provider: Provider<unknown>;
}

interface Override {
  readonly by: string;
  readonly wrap: (inner: unknown) => unknown;
}

/** The services of one runner, or of one run below it, on a tsyringe child container of their own. */
export class ServiceRegistry {
  readonly #container: DependencyContainer;
  readonly #parent: ServiceRegistry | undefined;
  readonly #provided = new Map<symbol, Provided>();
  readonly #overrides = new Map<symbol, Override[]>();
  readonly #firstUser = new Map<symbol, string>();
  /** Providers whose services are being built, outermost first; shared with the registries below. */
  readonly #building: Building[];
  /** Outside of every override. */
  readonly #guards = new Map<symbol, (inner: unknown) => unknown>();

  constructor(parent?: ServiceRegistry) {
    this.#parent = parent;
    this.#building = parent ? parent.#building : [];
    this.#container = (parent ? parent.#container : container).createChildContainer();
  }

  /** The registry as one plugin (or run) sees it; errors name it. */
  facadeFor(user: string): Services {
    const services: Services = {
      provide: (token, provider) => this.#provide(user, services, token, provider),
      override: (token, wrap) => this.#override(user, token, wrap),
      get: (token) => this.#get(user, token),
      find: (token) => (this.#has(token) ? this.#get(user, token) : undefined),
    };
    return Object.freeze(services);
  }

  /** Wraps a service outside of all that plugins put around it. */
  guard<T>(token: Token<T>, wrap: (inner: T) => T): void {
    this.#guards.set(token.key, wrap as (inner: unknown) => unknown);
  }

  /** A registry below this one, for a run. */
  child(): ServiceRegistry {
    return new ServiceRegistry(this);
  }

  /** Names of the services that a plugin provides. */
  providedBy(plugin: string): string[] {
    return [...this.#provided].filter(([, { by }]) => by === plugin).map(([key]) => nameOf(key));
  }

  #provide<T>(by: string, services: Services, token: Token<T>, provider: Provider<T>): void {
    const earlier = this.#provided.get(token.key);
    if (earlier) throw new LeaseholdError("SERVICE_DUPLICATE", { service: token.name, first: earlier.by, second: by });
    this.#provided.set(token.key, { by, provider });
    let built: { readonly service: unknown } | undefined;
    this.#container.register(token.key, {
      useFactory: (resolver) => {
        // Here and not in `get`, for tsyringe injects into constructors past it.
        this.#noteUse(this.#building.at(-1)?.by ?? by, token.key);
        const make = () => ({ service: this.#wrapped(token.key, build(provider, resolver, services)) });
        built ??= this.#whileBuilding({ service: token.name, by, provider }, make);
        return built.service;
      },
    });
  }

  #whileBuilding<T>(building: Building, make: () => T): T {
    const entered = this.#building.findIndex(({ provider }) => provider === building.provider);
    if (entered >= 0) {
      const cycle = [...this.#building.slice(entered), building].map(({ service }) => service).join(" → ");
      throw new LeaseholdError("SERVICE_CYCLE", { cycle });
    }
    this.#building.push(building);
    try {
      return make();
    } finally {
      this.#building.pop();
    }
  }

  #override<T>(by: string, token: Token<T>, wrap: (inner: T) => T): void {
    const user = this.#firstUser.get(token.key);
    if (user !== undefined) throw new LeaseholdError("SERVICE_IN_USE", { service: token.name, plugin: by, user });
    if (this.#has(token) && !this.#provided.has(token.key)) this.#inherit(by, token);
    const overrides = this.#overrides.get(token.key) ?? [];
    this.#overrides.set(token.key, [...overrides, { by, wrap: wrap as (inner: unknown) => unknown }]);
  }

  /** Gives this registry a registration of its own, so that an override here stays below the parent. */
  #inherit<T>(by: string, token: Token<T>): void {
    const parent = this.#parent as ServiceRegistry;
    this.#provide(by, this.facadeFor(by), token, { useFactory: () => parent.#get(by, token) });
  }

  #wrapped(key: symbol, service: unknown): unknown {
    const wrapped = (this.#overrides.get(key) ?? []).reduce((inner, { wrap }) => wrap(inner), service);
    const guard = this.#guards.get(key);
    return guard ? guard(wrapped) : wrapped;
  }

  #get<T>(user: string, token: Token<T>): T {
    if (!this.#has(token)) throw new LeaseholdError("SERVICE_MISSING", { service: token.name });
    this.#noteUse(user, token.key);
    return this.#container.resolve<T>(token.key);
  }

  #noteUse(user: string, key: symbol): void {
    if (!this.#provided.has(key) && this.#parent) this.#parent.#noteUse(user, key);
    else if (!this.#firstUser.has(key)) this.#firstUser.set(key, user);
  }

  #has<T>(token: Token<T>): boolean {
    return this.#provided.has(token.key) || (this.#parent ? this.#parent.#has(token) : false);
  }
}

function build(provider: Provider<unknown>, resolver: DependencyContainer, services: Services): unknown {
  if ("useValue" in provider) return provider.useValue;
  if ("useFactory" in provider) return provider.useFactory(services);
  return resolver.resolve(provider.useClass as new () => unknown);
}

function nameOf(key: symbol): string {
  return (key.description ?? "").replace(/^leasehold:/, "");
}
