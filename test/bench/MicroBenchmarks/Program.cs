// Measures the time and the allocations of code that every request runs.
//
//   dotnet run -c Release --project test/bench/MicroBenchmarks -- --filter '*'

using BenchmarkDotNet.Running;
using RestMq.Bench.Micro;

BenchmarkSwitcher.FromAssembly(typeof(GroupCommitBenchmarks).Assembly).Run(args);
