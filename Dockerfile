# Lark in a container: docker build -t lark . ; docker run --network host -v $PWD/policy.yaml:/etc/lark/policy.yaml:ro -v lark-state:/etc/lark/lark-state lark
# The policy file's `listen` entries say which addresses and ports it takes; without --network host they must name 0.0.0.0.

FROM node:24-slim AS build
WORKDIR /build
# Dependencies first, so that a change of sources does not install them again. `npm ci` needs the workspaces' manifests.
COPY package.json package-lock.json ./
COPY protocols/openflow/package.json protocols/openflow/
COPY protocols/classad/package.json protocols/classad/
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY protocols protocols
COPY policies policies
COPY controller controller
COPY mininet mininet
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /opt/lark
COPY --from=build /build/package.json ./
# node_modules links node-openflow and node-classad to the workspaces, so those come along, built.
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/protocols/openflow/package.json protocols/openflow/
COPY --from=build /build/protocols/openflow/dist protocols/openflow/dist
COPY --from=build /build/protocols/classad/package.json protocols/classad/
COPY --from=build /build/protocols/classad/dist protocols/classad/dist
COPY --from=build /build/dist dist
# What `lark sample` prints.
COPY policy.sample.yaml ./
# What `lark demo --model` needs beside the code.
COPY mininet/policy.yaml mininet/
COPY mininet/lab/lab-ns mininet/lab/
RUN ln -s /opt/lark/dist/controller/cli/lark.js /usr/local/bin/lark && chmod +x dist/controller/cli/lark.js
# Where that file keeps its registrations; a named volume that is mounted here gets the owner, too.
RUN mkdir -p /etc/lark/lark-state && chown node:node /etc/lark/lark-state
USER node
EXPOSE 6653 8080 9620
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["node", "-e", "fetch((process.env.LARK_URL ?? 'http://127.0.0.1:8080') + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# lark itself is pid 1 and stops cleanly on SIGTERM.
ENTRYPOINT ["node", "/opt/lark/dist/controller/cli/lark.js"]
CMD ["run", "/etc/lark/policy.yaml"]
