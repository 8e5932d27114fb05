# Lark in a container: docker build -t lark . ; docker run --network host -v $PWD/policy.yaml:/etc/lark/policy.yaml:ro -v lark-state:/etc/lark/lark-state lark
# The policy file's `listen` entries say which addresses and ports it takes; without --network host they must name 0.0.0.0.

FROM node:24-slim AS build
WORKDIR /build
# Dependencies first, so that a change of sources does not install them again. `npm ci` needs the workspaces' manifests.
COPY package.json package-lock.json ./
COPY protocols/openflow/package.json protocols/openflow/
COPY protocols/classad/package.json protocols/classad/
RUN npm ci --no-audit --no-fund
# What goes into the image is what `npm pack` packs, as .dockerignore lets it in.
COPY . .
RUN npm run build && node packaging/stage.mjs /opt/lark

FROM node:24-slim
ENV NODE_ENV=production
COPY --from=build /opt/lark /opt/lark
RUN ln -s /opt/lark/dist/controller/cli/lark.js /usr/local/bin/lark
# Where the sample keeps its registrations: a volume, and one that is mounted here with a name gets the owner, too.
RUN mkdir -p /etc/lark/lark-state && chown node:node /etc/lark/lark-state
VOLUME /etc/lark/lark-state
USER node
EXPOSE 6653 8080 9620
# With TLS, or another address: -e LARK_URL=https://… and NODE_EXTRA_CA_CERTS for a CA of your own.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["node", "-e", "fetch((process.env.LARK_URL ?? 'http://127.0.0.1:8080') + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# lark itself is pid 1: it stops cleanly on SIGTERM, and reads its policy anew on SIGHUP (docker kill -s HUP).
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/opt/lark/dist/controller/cli/lark.js"]
CMD ["run", "/etc/lark/policy.yaml"]
