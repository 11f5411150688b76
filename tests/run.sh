#!/usr/bin/env bash
# Runs every test. Installs the Debian packages it lacks when it can (root), else those tests are reported skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet test EdgePool.sln -c Release --nologo
