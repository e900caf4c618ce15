//! For tests: a server in a directory of its own, signed requests, codes.
