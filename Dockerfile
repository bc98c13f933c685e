# syntax=docker/dockerfile:1
# Two stages: the first compiles the kernel, the second holds no compiler.
ARG PYTHON=3.13
FROM python:${PYTHON}-slim-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY pyproject.toml setup.py MANIFEST.in README.md LICENSE ./
COPY ext ext
COPY proto proto
COPY service service
RUN python -m venv /opt/tonne \
    && /opt/tonne/bin/pip install --no-cache-dir . \
    && /opt/tonne/bin/pip uninstall --yes pip

FROM python:${PYTHON}-slim-bookworm
LABEL org.opencontainers.image.title="tonne" \
      org.opencontainers.image.description="A carbon ledger that you can stream into" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/tonne/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=build /opt/tonne /opt/tonne
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
WORKDIR /var/lib/tonne
EXPOSE 50051 9464
ENTRYPOINT ["tonne"]
CMD ["serve", "--config", "/etc/tonne/tonne.toml"]
