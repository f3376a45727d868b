// The `poss-inspect` program: inspects one model file for `poss`, without rights of its own.
#include <cstdio>

#include <unistd.h>

#include "inspect/process.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "poss-inspect is started by poss; use: poss model inspect FILE\n");
    return 2;
  }
  // The answer is written: nothing is left to tidy up but what a hostile model may have broken.
  ::_exit(poss::inspect::serve_inspection(argv[1]));
}
