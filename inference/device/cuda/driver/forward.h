// Opening the driver's library.
#define KINORA_NO_LIBRARY (-1)

// kinora_open opens the library and starts the driver: 0, the driver's error, or
// KINORA_NO_LIBRARY. Once it has succeeded, it goes on doing so.
int kinora_open(const char *name);
