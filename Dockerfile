# syntax=docker/dockerfile:1
# Two stages: the first compiles the kernel, the second holds no compiler. Where there is no
# container engine, `make image` builds the same from packages of Debian.
ARG PYTHON=3.13
# A tag may be another image tomorrow; a digest may not. There is none to fall back to: who builds
# says which image was looked at (docs/image.md).
ARG BASE_DIGEST
FROM python:${PYTHON}-slim-trixie@${BASE_DIGEST} AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements.lock ./
COPY image/build-requirements.lock image/
# Every file that is installed has its hash in a lock, those of the build too.
RUN python -m venv /opt/tonne \
    && python -m pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: \
       --requirement image/build-requirements.lock \
    && /opt/tonne/bin/pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: \
       --requirement requirements.lock
COPY pyproject.toml setup.py MANIFEST.in README.md LICENSE ./
COPY ext ext
COPY proto proto
COPY service service
RUN python -m pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/tonne/bin/pip install --no-cache-dir --no-deps --no-index /dist/*.whl \
    && /opt/tonne/bin/pip uninstall --yes pip

FROM build AS publish
COPY image/publish.lock image/
RUN python -m pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: \
       --target /publish --requirement image/publish.lock

FROM python:${PYTHON}-slim-trixie@${BASE_DIGEST} AS server
ARG BASE_DIGEST
LABEL org.opencontainers.image.title="tonne" \
      org.opencontainers.image.description="A carbon ledger that you can stream into" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.digest="${BASE_DIGEST}"
# The installer of the base image has no place in a server either.
RUN python -m pip uninstall --yes --root-user-action ignore pip \
    && rm -rf /usr/local/lib/python3*/ensurepip \
    && mkdir -p /etc/tonne \
    && install --directory --owner 65532 --group 65532 --mode 0750 /var/lib/tonne
ENV PATH=/opt/tonne/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=build /opt/tonne /opt/tonne
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
WORKDIR /var/lib/tonne
EXPOSE 50051 9464 8090
ENTRYPOINT ["tonne"]
CMD ["serve", "--config", "/etc/tonne/tonne.toml"]

# `docker build --target publisher`: the same, with what `tonne publish` needs.
FROM server AS publisher
ARG PYTHON
COPY --from=publish /publish /opt/tonne/lib/python${PYTHON}/site-packages

FROM server
