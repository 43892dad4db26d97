// Many tests wait for a second to pass; what measures the machine itself runs alone (see Capacity/).
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
