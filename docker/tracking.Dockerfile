# The tracking server and its preparation (migrate.py), one image: `make images`.
ARG PYTHON=python:3.11.18-slim-bookworm

FROM ${PYTHON} AS build
COPY docker/service/requirements.txt /
RUN python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv/bin/python install --no-cache-dir --no-compile -r /requirements.txt
# Compiled here, since the root file system is read-only later; by content, since times differ
# from build to build. Nothing is ever run from the packages' own tests.
RUN find /opt/venv -type d -name tests -prune -exec rm -r {} + \
    && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib
COPY docker/service /opt/service
# For other users, whatever the umask of the clone was.
RUN chmod -R a+rX /opt/service && mkdir -p /data/artifacts

FROM ${PYTHON}
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/service /opt/service
# A new volume of artifacts takes its owner from here.
COPY --from=build --chown=10001:10001 /data /data
# No entry of /etc/passwd: the name and the home of the user come from here.
ENV PATH=/opt/venv/bin:${PATH} HOME=/tmp USER=fmnist \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /opt/service
# A number, so that whoever runs it can see that it is not root.
USER 10001:10001
EXPOSE 5000
CMD ["python", "tracking.py"]
ARG REVISION=unknown
ARG VERSION=0.1.0
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="fmnist-tracking" \
      org.opencontainers.image.description="MLflow tracking server with login and Postgres" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11.18-slim-bookworm"
