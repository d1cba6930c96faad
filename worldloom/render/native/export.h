// Marks the functions that Python calls.
#pragma once

#if defined(_WIN32)
#define WORLDLOOM_API extern "C" __declspec(dllexport)
#else
#define WORLDLOOM_API extern "C" __attribute__((visibility("default")))
#endif
