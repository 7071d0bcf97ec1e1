# The grader in a container, for code that you do not trust. It needs no network and writes nowhere but to /tmp:
#
#   docker build -t dojo .
#   docker run --rm --network none --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     --pids-limit 256 --memory 4g --volume "$PWD/submissions:/work:ro" dojo grade semaphore.py
#
# Reports go to standard output (`--report junit`), or into a volume that can be written. The stage `dev` is what
# .devcontainer works in.

FROM python:3.12-slim AS base
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy
RUN pip install --no-cache-dir "uv>=0.9,<1"


FROM base AS dev
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*


FROM base AS grader
WORKDIR /dojo
COPY pyproject.toml ./
RUN uv sync --no-cache --no-default-groups
COPY . .
# Everything belongs to root, and is compiled: who grades can change none of it, and writes no byte code.
RUN .venv/bin/python -m compileall -q dojo grader.py \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin grader
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1
USER 10001
WORKDIR /work
ENTRYPOINT ["/dojo/.venv/bin/python", "/dojo/grader.py"]
CMD ["--help"]
