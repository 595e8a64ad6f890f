#!/usr/bin/env bash
# Data, build, run, verify; the exit status is the verdict of scripts/verify.py.
#   run.sh [--cmake] [WORK]     WORK holds the binary and the data, default ./build
# Needs ASCEND_TOOLKIT_HOME (source set_env.sh) and NumPy; PYTHON and CXX choose the tools.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${ASCEND_TOOLKIT_HOME:?source the set_env.sh of the toolkit first}"
python=${PYTHON:-python3}
cxx=${CXX:-g++}

use_cmake=no
if [ "${1:-}" = --cmake ]; then
    use_cmake=yes
    shift
fi
work=${1:-$here/build}
mkdir -p "$work"

"$python" "$here/scripts/gen_data.py" "$work"

if [ "$use_cmake" = yes ]; then
    cmake -S "$here" -B "$work" -DCMAKE_BUILD_TYPE=Release >/dev/null
    cmake --build "$work"
else
    "$cxx" -std=c++14 -O2 -Wall -Wextra -Werror "$here/main.cpp" "$here/op_runner.cpp" -o "$work/op_runner" \
        "-I$ASCEND_TOOLKIT_HOME/include" "-L$ASCEND_TOOLKIT_HOME/lib64" -lascendcl -lnnopbase -lopapi
fi

export LD_LIBRARY_PATH="$ASCEND_TOOLKIT_HOME/lib64${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
"$work/op_runner" "$work"
"$python" "$here/scripts/verify.py" "$work"
