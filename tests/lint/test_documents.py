"""Documents that lie are bugs: dead links, modules and options that no page describes."""

import os
import re
import subprocess
import unittest

ROOT = os.environ["RILL_SOURCE_DIR"]
RILL = os.path.join(os.environ["RILL_BUILD_DIR"], "apps/rill/rill")


def documents():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "*.md"], capture_output=True,
                            text=True, check=True).stdout.split()
    return [name for name in listed if os.path.exists(os.path.join(ROOT, name))]


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


class Documents(unittest.TestCase):
    def test_there_are_documents(self):
        self.assertIn("README.md", documents())

    def test_links(self):
        for name in documents():
            for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", read(name)):
                if "://" in target:
                    continue
                with self.subTest(f"{name}: {target}"):
                    self.assertTrue(os.path.exists(os.path.normpath(os.path.join(ROOT, os.path.dirname(name), target))))

    def test_every_plugin_is_in_the_readme(self):
        readme = read("README.md")
        for folder in sorted(os.listdir(os.path.join(ROOT, "plugins"))):
            if os.path.isdir(os.path.join(ROOT, "plugins", folder)):
                self.assertTrue(f"(plugins/{folder}/README.md)" in readme, folder)

    def test_every_option_is_documented(self):
        modules = subprocess.run([RILL, "inspect"], capture_output=True, text=True, check=True).stdout
        pages = "".join(read(name) for name in documents() if name.startswith("plugins/"))
        default = read("configs/default.yml")
        names = re.findall(r"^(\S+) \d", modules, re.M)
        self.assertGreater(len(names), 5)
        for module in names:
            if module == "example":
                continue  # the template is no part of a configuration
            described = subprocess.run([RILL, "inspect", module], capture_output=True, text=True, check=True).stdout
            for key in re.findall(r"^    ([a-z]\w+) ", described, re.M):
                with self.subTest(key):
                    self.assertTrue(f"`{key}`" in pages, "not in a README of plugins/")
                    self.assertTrue(key in default, "not in configs/default.yml")


if __name__ == "__main__":
    unittest.main(verbosity=2)
