// The host in C++, under a name of its own, so that tests do not share object files.
#include "../../../examples/host.cpp"
