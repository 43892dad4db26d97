// These tests measure latencies, so no two of them run at the same time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
