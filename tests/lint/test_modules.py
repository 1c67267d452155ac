"""Each module is one file with one symbol."""

import glob
import os
import re
import subprocess
import unittest

BUILD = os.environ["RILL_BUILD_DIR"]


class Modules(unittest.TestCase):
    def test_one_exported_symbol(self):
        modules = sorted(glob.glob(os.path.join(BUILD, "plugins/*/rill-*.so")))
        self.assertGreater(len(modules), 5)
        for module in modules:
            with self.subTest(os.path.basename(module)):
                symbols = subprocess.run(["nm", "-D", "--defined-only", module], capture_output=True, text=True,
                                         check=True).stdout
                strong = [line.split()[-1] for line in symbols.splitlines() if re.search(r" [TDBR] ", line)]
                self.assertEqual(strong, ["rill_module"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
