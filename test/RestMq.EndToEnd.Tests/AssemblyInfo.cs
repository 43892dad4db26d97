// Many tests wait for seconds, so four run at a time. The tests that measure the machine run alone (see Capacity/).
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
