# The image of DPP: one static binary that runs every role, and nothing else.
# docs/deploy.md says how to build and to run it.

FROM golang:1.26.8-bookworm AS build
# The toolchain of this image and no other; it is not older than go.mod asks for.
ENV GOTOOLCHAIN=local
WORKDIR /src
# Brings the OCR engine, which is embedded.
RUN apt-get update && apt-get install -y --no-install-recommends npm
COPY go.mod go.sum ./
COPY third_party third_party
RUN go mod download
# With .git: it says which commit the binary is of.
COPY . .
RUN scripts/assets
# Two builds with the Makefile's flags, which must be the same, byte by byte.
RUN scripts/reproduce /out/dpp

# Has CA roots, time zones and the user below; no shell, no package manager.
FROM gcr.io/distroless/static-debian12:nonroot@sha256:f5b485ea962d9bd1186b2f6b3a061191539b905b82ec395de78cbfae51f20e35
COPY --from=build /out/dpp /usr/local/bin/dpp
USER 65532:65532
# `dpp up` keeps its data below: mount a volume here.
WORKDIR /home/nonroot
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/dpp"]
