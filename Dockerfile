# The command wireproof, for whom has no Python: docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/work" wireproof --base-url URL
FROM python:3.13-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN python -m venv --without-pip /opt/wireproof \
 && PIP_CONSTRAINT=requirements.txt pip --python /opt/wireproof/bin/python install --no-cache-dir --disable-pip-version-check .

FROM python:3.13-slim-bookworm
COPY --from=build /opt/wireproof /opt/wireproof
# What is parsed once is kept here, whoever the user is.
ENV PATH=/opt/wireproof/bin:$PATH XDG_CACHE_HOME=/tmp
WORKDIR /work
RUN useradd --uid 10001 --no-create-home wireproof && chown wireproof /work
USER 10001
ENTRYPOINT ["wireproof"]
