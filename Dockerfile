# Rill in a container: docker build -t rill . (docs/deployment.md)

# hls.js and Swagger UI, in the versions of package-lock.json.
FROM debian:12-slim AS web
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates npm \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM debian:12-slim AS build
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    g++ meson ninja-build pkg-config python3 \
    libargon2-dev libfmt-dev libgstreamer-plugins-bad1.0-dev libgstreamer-plugins-base1.0-dev libgstreamer1.0-dev \
    libgstrtspserver-1.0-dev libjson-glib-dev libnice-dev libpcre2-dev libsoup-3.0-dev libsqlite3-dev libssl-dev \
    libyaml-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
COPY --from=web /src/web/node_modules web/node_modules
RUN meson setup build --prefix=/usr --buildtype=release -Dtests=false -Dexample_sink=disabled -Dcamera=enabled -Dsystemd=disabled \
 && ninja -C build \
 && DESTDIR=/out meson install -C build --no-rebuild --strip

FROM debian:12-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    ca-certificates curl fonts-dejavu-core glib-networking tzdata \
    gstreamer1.0-libav gstreamer1.0-nice gstreamer1.0-plugins-bad gstreamer1.0-plugins-base gstreamer1.0-plugins-good \
    gstreamer1.0-plugins-ugly gstreamer1.0-x \
    libargon2-1 libfmt9 libgstreamer-plugins-bad1.0-0 libgstreamer-plugins-base1.0-0 libgstreamer1.0-0 \
    libgstrtspserver-1.0-0 libjson-glib-1.0-0 libnice10 libpcre2-8-0 libsoup-3.0-0 libsqlite3-0 libssl3 libyaml-0-2 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /out /
# Volumes of the host get the right owner by this number: chown 10001.
RUN useradd --uid 10001 --home-dir /var/lib/rill --shell /usr/sbin/nologin rill \
 && install -d -o rill -g rill /var/lib/rill /var/cache/rill
USER rill
WORKDIR /var/lib/rill
ENV XDG_CACHE_HOME=/var/cache/rill
# Fills GStreamer's cache, and proves that every module finds its libraries.
RUN rilld --list-modules

# Recordings (./recordings).
VOLUME /var/lib/rill
# HTTP with WebSockets, and WebRTC's media.
EXPOSE 8080/tcp 8189/udp
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:8080/health"]
ENTRYPOINT ["rilld"]
CMD ["/etc/rill/rill.yml"]
