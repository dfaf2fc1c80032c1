# The gateway as it runs in production: console built in, no embedded engines, no root.
#
#   docker build --tag onchain-gateway .
#   docker run --publish 8000:8000 --env GATEWAY_POSTGRES_URL=… (see docker-compose.yml) onchain-gateway

FROM node:24.21.0-bookworm-slim AS console
WORKDIR /build
COPY gateway/console/package.json gateway/console/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY gateway/console ./
RUN npm run build

FROM python:3.11.14-slim-bookworm AS package
WORKDIR /build
RUN python -m venv /opt/gateway
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY sql sql
COPY stores stores
COPY resolvers resolvers
COPY gateway gateway
COPY --from=console /build/dist gateway/console/dist
RUN /opt/gateway/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin gateway
COPY --from=package /opt/gateway /opt/gateway
ENV PATH=/opt/gateway/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GATEWAY_DATA_DIR=/tmp/gateway \
    GATEWAY_HOST=0.0.0.0 \
    GATEWAY_PORT=8000
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['GATEWAY_PORT'] + '/livez', timeout=2)"]
CMD ["gateway", "serve"]
