import "reflect-metadata";
import { container, type DependencyContainer } from "tsyringe";
import { LeaseholdError } from "../errors/leasehold-error.ts";
import type { Provider, Services } from "./services.ts";
import type { Token } from "./token.ts";

interface Provided {
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

  constructor(parent?: ServiceRegistry) {
    this.#parent = parent;
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
        built ??= { service: this.#wrapped(token.key, build(provider, resolver, services)) };
        return built.service;
      },
    });
  }

  #override<T>(by: string, token: Token<T>, wrap: (inner: T) => T): void {
    const user = this.#firstUser.get(token.key);
    if (user !== undefined) throw new LeaseholdError("SERVICE_IN_USE", { service: token.name, plugin: by, user });
    const overrides = this.#overrides.get(token.key) ?? [];
    this.#overrides.set(token.key, [...overrides, { by, wrap: wrap as (inner: unknown) => unknown }]);
  }

  #wrapped(key: symbol, service: unknown): unknown {
    return (this.#overrides.get(key) ?? []).reduce((inner, { wrap }) => wrap(inner), service);
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
