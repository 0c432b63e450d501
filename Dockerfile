# The headless service. Build: docker build -t retrovue .   Run: see docs/headless.md
FROM python:3.12-slim-bookworm AS build
COPY . /source
WORKDIR /source
RUN python -m venv /build-env \
    && /build-env/bin/pip install --no-cache-dir --require-hashes -r requirements/setup.txt \
    && python -m venv /opt/retrovue \
    && /build-env/bin/uv pip install --no-cache --python /opt/retrovue/bin/python --require-hashes -r requirements/server.txt \
    && /build-env/bin/uv build --wheel --no-build-isolation --python /build-env/bin/python --out-dir /wheels \
    && /build-env/bin/uv pip install --no-cache --python /opt/retrovue/bin/python --no-deps /wheels/retrovue-*.whl

FROM python:3.12-slim-bookworm
# TZ names the zone of new schedules: docker run -e TZ=Europe/Berlin
ENV PATH=/opt/retrovue/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    RETROVUE_DATA_DIR=/data \
    TZ=UTC
RUN groupadd --gid 1000 retrovue \
    && useradd --uid 1000 --gid 1000 --no-create-home --home-dir /data --shell /usr/sbin/nologin retrovue \
    && mkdir /data \
    && chown 1000:1000 /data
COPY --from=build /opt/retrovue /opt/retrovue
USER 1000:1000
VOLUME /data
HEALTHCHECK --interval=1m --timeout=20s --start-period=30s CMD ["retrovue", "service", "status", "--check"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["retrovue"]
CMD ["service", "run"]
