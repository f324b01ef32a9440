# The runner with the plugins that are chosen, and nothing else. Works with BuildKit and with the classic builder.
#
#   docker build --build-arg PLUGINS=command-executor,script-executor -t leasehold .
#
# What the build is to take from outside the repository lies in supplied/ (see docs/operations.md): tarballs of plugins,
# runner.config.ts, and for closed networks ca.crt and npmrc. None of it but the plugins and the configuration reaches the image.

# The base of the image: Debian with Node 24, or any that has Node 24, tini, bash, and python3 for the default variant.
ARG BASE_IMAGE=docker.io/library/node:24-slim
# Where the image's parts are made: Node 24 with npm.
ARG BUILD_IMAGE=${BASE_IMAGE}

# Manifests apart, so that changed sources do not fetch the dependencies anew.
FROM ${BUILD_IMAGE} AS sources
WORKDIR /build
COPY . .
RUN mkdir -p supplied && node image/split-manifests.ts /manifests

# Every first-party package, compiled and packed.
FROM ${BUILD_IMAGE} AS packs
WORKDIR /build
COPY --from=sources /manifests ./
RUN sh image/npm.sh ci --no-audit --no-fund
COPY --from=sources /build/core core
COPY --from=sources /build/plugins plugins
COPY --from=sources /build/profiles profiles
COPY --from=sources /build/tsconfig.json /build/tsconfig.base.json ./
RUN npx --no-install tsc -b && mkdir /packs && npm pack --silent --workspaces --pack-destination /packs

# The chosen plugins, resolved and locked; their configuration; the list of what is in the image.
FROM ${BUILD_IMAGE} AS app
ARG PLUGINS=auth0-m2m,command-executor,script-executor,test-procedural
WORKDIR /build
COPY --from=sources /build/image image
COPY --from=sources /build/supplied supplied
COPY --from=sources /build/package-lock.json ./
COPY --from=packs /packs packs
RUN node image/build-app.ts /app

# uv, for scripts that begin with `#!/usr/bin/env -S uv run --script`.
FROM ${BUILD_IMAGE} AS programs
ARG VARIANT=default
WORKDIR /build
COPY --from=sources /build/image image
COPY --from=sources /build/supplied supplied
COPY --from=sources /build/tools/engine tools/engine
RUN mkdir -p /programs && if [ "$VARIANT" != slim ]; then sh image/with-trust.sh node image/fetch-uv.ts /programs/uv; fi

FROM ${BASE_IMAGE} AS runner
ARG VARIANT=default
ARG AGENT_UID=1000
COPY --from=sources /build/image/prepare-base.sh /usr/local/share/leasehold/
RUN sh /usr/local/share/leasehold/prepare-base.sh "$VARIANT" "$AGENT_UID"
COPY --from=programs /programs/ /usr/local/bin/
COPY --from=app /app /app
RUN ln -s /app/node_modules/.bin/leasehold /usr/local/bin/leasehold
ARG BASE_IMAGE
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="Leasehold" \
      org.opencontainers.image.description="Leases agent runs from a coordinator and executes them" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}" \
      dev.leasehold.variant="${VARIANT}" \
      dev.leasehold.sbom="/app/sbom.cdx.json"
# By this name and not by the working directory, where what agents write would become the configuration.
# One arena for all threads: with one for each, what passes through while an archive is received stays with the process (40 MB).
ENV LEASEHOLD_CONFIG=/app/runner.config.ts HOME=/home/agent MALLOC_ARENA_MAX=1
USER agent
WORKDIR /workspace
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["leasehold", "health"]
ENTRYPOINT ["tini", "--", "leasehold"]
CMD ["start"]
