// Latencies are measured, so nothing else of ours runs meanwhile.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
