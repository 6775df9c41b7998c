// GCC for Windows does not align the stack to whole vectors (its bug 54412), yet
// saves vectors there with instructions that fault elsewhere: the assembler is
// told to take their forgiving forms, which are as fast.
#if defined(_WIN32) && !defined(__clang__)
#define FORGIVE(strict, lax) __asm__(".macro " strict " args:vararg\n\t" lax " \\args\n.endm\n");
FORGIVE("vmovaps", "vmovups")
FORGIVE("vmovapd", "vmovupd")
FORGIVE("vmovdqa", "vmovdqu")
FORGIVE("vmovdqa32", "vmovdqu32")
FORGIVE("vmovdqa64", "vmovdqu64")
#endif
