declare module "leasehold" {
  interface EntrypointKinds {
    /** A call to an agent that was deployed: the run's parameters are its input, its output the run's result. */
    "oken-agent": { readonly agentId: string };
    /** The same with a script's agent, which is deployed first where it is not yet. */
    "oken-script": { readonly script: string };
  }
}

export {};
