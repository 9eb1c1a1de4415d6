# Ray's head and workers, searches, and the server of the model in Production: `make images`.
ARG PYTHON=python:3.11.18-slim-bookworm

FROM ${PYTHON} AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        dataset-fashion-mnist=0.0~git20200523.55506a9-1 \
    && rm -rf /var/lib/apt/lists/*
COPY docker/requirements.txt /
RUN python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv/bin/python install --no-cache-dir --no-compile \
        -r /requirements.txt
# What nothing here runs: TensorFlow's C++ headers, Ray for Java, the packages' own tests. Compiled
# here, since the root file system is read-only later; by content, since times differ from build
# to build.
RUN rm -r /opt/venv/lib/python3.11/site-packages/tensorflow/include \
        /opt/venv/lib/python3.11/site-packages/ray/jars \
    && find /opt/venv -type d -name tests -prune -exec rm -r {} + \
    && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib
WORKDIR /opt/fmnist
COPY MLproject conda.yaml pyproject.toml requirements.txt docker/service/serve.py ./
COPY entrypoints entrypoints
COPY fmnist fmnist
# For other users, whatever the umask of the clone was.
RUN python -m compileall -q --invalidation-mode unchecked-hash . && chmod -R a+rX . \
    && mkdir /var/lib/fmnist

FROM ${PYTHON}
COPY --from=build /usr/share/datasets/fashion-mnist /usr/share/datasets/fashion-mnist
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/fmnist /opt/fmnist
# A new volume of bundles takes its owner from here.
COPY --from=build --chown=10001:10001 /var/lib/fmnist /var/lib/fmnist
# No entry of /etc/passwd: the name and the home of the user come from here.
ENV PATH=/opt/venv/bin:${PATH} HOME=/tmp USER=fmnist \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    GIT_PYTHON_REFRESH=quiet TF_CPP_MIN_LOG_LEVEL=3
WORKDIR /opt/fmnist
# A number, so that whoever runs it can see that it is not root.
USER 10001:10001
CMD ["ray", "--help"]
ARG REVISION=unknown
ARG VERSION=0.1.0
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="fmnist-trainer" \
      org.opencontainers.image.description="Searches and trials of the Fashion-MNIST study, on Ray" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11.18-slim-bookworm"
