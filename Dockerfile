# The bot as one file on a small image, as nobody, with nothing to write to.
# Run it with a read-only root file system; it keeps no state of its own.
FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY scripts ./scripts
COPY commands ./commands
COPY src ./src
RUN node scripts/build.ts

FROM gcr.io/distroless/nodejs24-debian12:nonroot
WORKDIR /app
COPY --from=build /src/dist/ ./
ENV NODE_ENV=production CHATELAINE_CONFIG=/etc/chatelaine/chatelaine.yaml
# glibc gives back what was needed for the start only. What V8 keeps is limited in src/keep-small.ts.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=65536 MALLOC_TRIM_THRESHOLD_=65536
USER 65532:65532
ENTRYPOINT ["/nodejs/bin/node", "/app/chatelaine.js"]
