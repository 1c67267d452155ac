"""What is shipped around the daemon: all that it needs is installed with it, and systemd understands the unit."""

import glob
import os
import platform
import re
import subprocess
import tempfile
import unittest

ROOT = os.environ["RILL_SOURCE_DIR"]
BUILD = os.environ["RILL_BUILD_DIR"]


def run(*command, **arguments):
    return subprocess.run(command, capture_output=True, text=True, check=True, **arguments).stdout


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def packages_in(text):
    return set(re.findall(r"[a-z0-9][a-z0-9.+-]+", text))


def used_plugins():
    """The plugins of GStreamer that have an element which the sources name, with the first of these elements."""
    # As in "webrtcdsp:  webrtcdsp: Voice Processor (AGC, AEC, filters, etc.)"
    plugin_of = {element: plugin for plugin, element in re.findall(r"^(\S+):  ([^\s:]+): ", run("gst-inspect-1.0"), re.M)}
    sources = run("git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "core/src/*.cpp", "plugins/*.cpp", "apps/camera/*.cpp",
                  ":!plugins/*/test_*", ":!apps/camera/test_*").split()
    used = {}
    for name in sources:
        for text in re.findall(r'"([^"\n]*)"', read(name)):
            for word in re.findall(r"[a-z][a-z0-9_]+", text):
                # Of core's library itself are "bin" and "pipeline".
                if plugin_of.get(word, "staticelements") != "staticelements":
                    used.setdefault(plugin_of[word], word)
    return used


def file_of(plugin):
    return os.path.basename(re.search(r"^  Filename +(\S+)$", run("gst-inspect-1.0", "--plugin", plugin), re.M).group(1))


def owners(pattern):
    """The packages of all files that fit, by name. One search for each kind: dpkg compares with every file that there is."""
    found = {}
    # As in "libnice10:amd64: /usr/lib/x86_64-linux-gnu/libnice.so.10"
    for line in run("dpkg-query", "--search", pattern).splitlines():
        found.setdefault(os.path.basename(line), line.split(":")[0])
    return found


def build_packages():
    """What pkg-config is asked for, except by the tests, and the packages that have it."""
    names = set()
    for file in run("git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "meson.build", "*/meson.build", ":!tests", ":!core/tests").split():
        names |= set(re.findall(r"dependency\('([^']+)'", read(file)))
    # Threads are the compiler's, and the unit's folder is asked for where there is systemd.
    packages = owners("*/pkgconfig/*.pc")
    return {name: packages[f"{name}.pc"] for name in names - {"threads", "systemd"}}


def run_packages():
    """The libraries that the daemon, its modules and the simulator are linked with, and their packages. Those of C and C++ are in every image."""
    files = [os.path.join(BUILD, file) for file in ("apps/rilld/rilld", "apps/rill/rill", "apps/camera/rill-camera", "core/librill-core.so")]
    files += glob.glob(os.path.join(BUILD, "plugins/*/rill-*.so"))
    needed = set(re.findall(r"NEEDED +(\S+)", run("objdump", "-p", *files)))
    own = ("librill", "libc.", "libm.", "libstdc++", "libgcc_s", "ld-linux")
    packages = owners("*/lib*.so.*")
    return {name: packages[name] for name in needed if not name.startswith(own)}


def is_as_in_the_image():
    """Whether libraries are in packages of the same names here: they change with every Debian."""
    here = platform.freedesktop_os_release()
    return f"\nFROM {here['ID']}:{here.get('VERSION_ID')}-slim\n" in read("Dockerfile")


class Deployment(unittest.TestCase):
    if is_as_in_the_image():
        def test_every_library_is_installed(self):
            stages = [packages_in(stage) for stage in read("Dockerfile").split("\nFROM ")]
            source = packages_in(read("debian/control").split("\nPackage: ")[0])
            # Those of GStreamer's base and GLib come with the packages of others.
            brought = {"libglib2.0-dev", "libglib2.0-0"}
            for name, package in build_packages().items():
                with self.subTest(name):
                    self.assertIn(package, stages[2] | brought)
                    self.assertIn(package, source | brought)
            for name, package in run_packages().items():
                with self.subTest(name):
                    self.assertIn(package, stages[-1] | brought)

    def test_every_element_is_installed(self):
        image = packages_in(read("Dockerfile").split("\nFROM ")[-1])
        package = packages_in(re.search(r"^Package: rill\n.*?^Description", read("debian/control"), re.M | re.S).group(0))
        used = used_plugins()
        self.assertGreater(len(used), 20)
        packages = owners("*/gstreamer-1.0/*.so")
        for plugin, element in used.items():
            needed = packages[file_of(plugin)]
            with self.subTest(f"{element} of {needed}"):
                self.assertIn(needed, image)
                # dpkg-shlibdeps finds this one.
                if needed != "libgstreamer1.0-0":
                    self.assertIn(needed, package)

    def test_the_package_has_the_version_of_the_build(self):
        version = re.search(r"version: '([^']+)'", read("meson.build")).group(1)
        self.assertTrue(read("debian/changelog").startswith(f"rill ({version})"))

    def test_unit(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = os.path.join(folder, "rilld.service")
            with open(unit, "w", encoding="utf-8") as file:
                file.write(read("deploy/systemd/rilld.service.in").replace("@rilld@", os.path.join(BUILD, "apps/rilld/rilld"))
                           .replace("@config@", "/etc/rill/rill.yml"))
            verified = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
            self.assertEqual((verified.returncode, verified.stdout + verified.stderr), (0, ""))
            # Tenths of systemd's measure of exposure, which docs/deployment.md says.
            run("systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=20", unit)

    def test_installation(self):
        with tempfile.TemporaryDirectory() as folder:
            def install():
                run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", folder)

            def installed(pattern):
                found = glob.glob(f"{folder}/**/{pattern}", recursive=True)
                self.assertTrue(found, pattern)
                return found[0]

            install()
            for program in ("rilld", "rill"):
                self.assertTrue(os.access(installed(f"bin/{program}"), os.X_OK), program)
            for module in glob.glob(os.path.join(BUILD, "plugins/*/rill-*.so")):
                installed(f"rill/{os.path.basename(module)}")
            for file in ("web/dashboard.html", "web/static/vendor/hls.mjs", "web/openapi.yaml", "web/static/vendor/swagger-ui-bundle.js", "include/rill/module.hpp", "pkgconfig/rill.pc"):
                installed(file)
            config = installed("etc/rill/rill.yml")
            with open(config, encoding="utf-8") as file:
                self.assertEqual(file.read(), read("configs/default.yml"))
            # An upgrade leaves what its owner wrote.
            with open(config, "w", encoding="utf-8") as file:
                file.write("paths: {}\n")
            install()
            with open(config, encoding="utf-8") as file:
                self.assertEqual(file.read(), "paths: {}\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
