# One image per service:  docker build --build-arg SERVICE=auth-session --tag auth-session .
# BASE lets a mirror or a local image stand in for the public one; the pipeline resolves and records its digest.
ARG BASE=docker.io/oven/bun:1.4.5-slim

# Production dependencies exactly as locked: bun reads npm's lockfile, refuses a difference and checks every integrity.
FROM ${BASE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN bun install --production --frozen-lockfile --ignore-scripts

FROM ${BASE} AS build
ARG SERVICE
WORKDIR /build
COPY package.json package-lock.json tsconfig.json ./
# The console alone needs tools to build; they stay behind in this stage.
RUN if [ "$SERVICE" = stream-sse ]; then bun install --frozen-lockfile --ignore-scripts; fi
COPY lib lib
COPY services services
RUN case "$SERVICE" in \
      auth-session|tebra-proxy-worker|stream-sse) ;; \
      *) echo "SERVICE is '$SERVICE': say --build-arg SERVICE=auth-session, tebra-proxy-worker or stream-sse" >&2; exit 1 ;; \
    esac
RUN if [ "$SERVICE" = stream-sse ]; then \
      bun services/stream-sse/console/build.ts \
      && mv services/stream-sse/console/dist /build/dist \
      && rm -rf services/stream-sse/console \
      && mkdir services/stream-sse/console \
      && mv /build/dist services/stream-sse/console/dist; \
    fi
# An exec-form entry point cannot hold a variable, so a link of a fixed name points to the service's server.ts.
RUN mkdir -p /app/services \
    && cp -r package.json lib /app/ \
    && rm -rf /app/lib/client \
    && cp -r "services/$SERVICE" /app/services/ \
    && ln -s "services/$SERVICE/server.ts" /app/server.ts

FROM ${BASE}
ARG SERVICE
ARG VERSION=development
ARG REVISION=unknown
LABEL org.opencontainers.image.title="${SERVICE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# The transpiler's cache would be the only thing bun writes; without it the root file system can be read-only.
ENV VERSION="${VERSION}" \
    ENVIRONMENT=production \
    BUN_RUNTIME_TRANSPILER_CACHE_PATH=0
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app ./
USER 1000:1000
EXPOSE 8080
ENTRYPOINT ["bun", "--no-install", "server.ts"]
