import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

// The linter's binary is an optional dependency of its own, one a platform: npm's lock file then needs no entry for platforms that some registries do not carry.
const platform = `@biomejs/cli-linux-${process.arch}`;
const binary = createRequire(import.meta.url).resolve(`${platform}/biome`);
process.exit(spawnSync(binary, process.argv.slice(2), { stdio: 'inherit' }).status ?? 1);
