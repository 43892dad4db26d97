using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace RestMq.Packages;

/// <summary>
/// What the documentation shows is compiled as it stands, as a file of a web application. What a reader supplies by himself (his own types)
/// stands in <c>Snippets/{name}.cs</c>, around the line <c>// the snippet</c> or after it; a snippet that begins in the middle finds
/// <c>builder</c>, <c>services</c> and <c>app</c>.
/// </summary>
public sealed partial class SnippetTests
{
    // Those of the web SDK.
    private static readonly string[] Implicit =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Net.Http.Json",
        "System.Threading", "System.Threading.Tasks", "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Http",
        "Microsoft.AspNetCore.Routing", "Microsoft.Extensions.Configuration", "Microsoft.Extensions.DependencyInjection",
        "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging",
    ];

    // What who reads docs/ has from the readme: every namespace of the libraries.
    private static readonly string[] Known =
    [
        "System.Text.Json",
        .. Repository.Libraries.SelectMany(library => System.Reflection.Assembly.Load(library).GetExportedTypes()).Select(type => type.Namespace!).Distinct(),
    ];

    private static readonly (string Name, string Declaration)[] Given =
    [
        ("builder", "var builder = WebApplication.CreateBuilder(args);"),
        ("services", "var services = new ServiceCollection();"),
        ("app", "var app = WebApplication.CreateBuilder(args).Build();"),
    ];

    public static TheoryData<string> Names => [.. Snippet.All.Select(snippet => snippet.Name).Where(name => name.Length > 0)];

    [Fact]
    public void Every_block_has_a_name_of_its_own()
    {
        Snippet.All.Should().NotBeEmpty();
        Snippet.All.Where(snippet => snippet.Name.Length == 0).Select(snippet => snippet.Where).Should().BeEmpty("`<!-- snippet: name -->` stands before it");
        Snippet.All.Select(snippet => snippet.Name).Should().OnlyHaveUniqueItems();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_compiles(string name)
    {
        var snippet = Snippet.All.Single(snippet => snippet.Name == name);
        Errors(ProgramOf(snippet)).Should().BeEmpty($"{snippet.Where} is what people copy");
    }

    [Fact]
    public void A_stale_snippet_would_be_found() =>
        Errors(ProgramOf(new Snippet("stale", "here", "app.MapRestMqq(\"/mq\");"))).Should().ContainSingle().Which.Should().Contain("MapRestMqq");

    [Fact]
    public void So_would_a_using_that_the_readme_does_not_show() =>
        Errors(ProgramOf(new Snippet("stale", "README.md:1", "app.MapRestMq(\"/mq\");"))).Should().ContainSingle().Which.Should().Contain("MapRestMq");

    private static string ProgramOf(Snippet snippet)
    {
        var code = snippet.Code;
        var given = Given.Where(given => Regex.IsMatch(code, $@"\b{given.Name}\.") && !Regex.IsMatch(code, $@"\bvar {given.Name}\b")).Select(given => given.Declaration);
        var around = Path.Combine(Repository.Root, "test", "RestMq.Packages.Tests", "Snippets", $"{snippet.Name}.cs");
        var supplied = File.Exists(around) ? File.ReadAllText(around) : "";
        var (before, after) = supplied.Split("// the snippet\n") is [var head, var tail] ? (head, tail) : ("", supplied);
        string[] parts = [.. given, before, code, after];
        var usings = (snippet.IsFirst ? Implicit : [.. Implicit, .. Known]).Select(name => $"global using {name};\n");
        return string.Concat(usings) + Snippet.UsingsFirst(string.Join('\n', parts));
    }

    private static IEnumerable<string> Errors(string program)
    {
        var assemblies = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        // A snippet may be nothing but types, which a library may be and a program may not.
        var tree = CSharpSyntaxTree.ParseText(program);
        var hasStatements = tree.GetRoot().ChildNodes().Any(node => node.IsKind(SyntaxKind.GlobalStatement));
        var options = new CSharpCompilationOptions(hasStatements ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable);
        return CSharpCompilation.Create("snippet", [tree], assemblies.Select(path => MetadataReference.CreateFromFile(path)), options)
            .GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.ToString());
    }
}
