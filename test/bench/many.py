"""Makes 60,000 small files in 600 directories: many.py DIRECTORY. The same bytes every time."""

import os
import random
import sys

random.seed(1)
pool = random.randbytes(1 << 16)
for number in range(600):
    directory = f"{sys.argv[1]}/{number // 30:02}/{number:03}"
    os.makedirs(directory)
    for name in range(100):
        start, size = random.randrange(1 << 15), random.randrange(6144)
        with open(f"{directory}/{name:02}", "wb") as file:
            file.write(pool[start : start + size])
