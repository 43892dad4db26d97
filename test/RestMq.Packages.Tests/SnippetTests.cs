using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace RestMq.Packages;

/// <summary>
/// Compiles each snippet of the documentation unchanged, as a file of a web application. Types that the reader supplies
/// are in <c>Snippets/{name}.cs</c>. They stand around the line <c>// the snippet</c>, or are added after the snippet.
/// A snippet may use <c>builder</c>, <c>services</c> and <c>app</c> without declaring them.
/// </summary>
public sealed partial class SnippetTests
{
    // The implicit usings of the web SDK.
    private static readonly string[] Implicit =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Net.Http.Json",
        "System.Threading", "System.Threading.Tasks", "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Http",
        "Microsoft.AspNetCore.Routing", "Microsoft.Extensions.Configuration", "Microsoft.Extensions.DependencyInjection",
        "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging",
    ];

    // A reader of docs/ knows these usings from the readmes: every namespace of the libraries.
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
    public void Snippets_AllBlocks_HaveUniqueNames()
    {
        Snippet.All.Should().NotBeEmpty();
        Snippet.All.Where(snippet => snippet.Name.Length == 0).Select(snippet => snippet.Where)
            .Should().BeEmpty("a comment `<!-- snippet: name -->` must stand before each block");
        Snippet.All.Select(snippet => snippet.Name).Should().OnlyHaveUniqueItems();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Compile_EachSnippet_Succeeds(string name)
    {
        var snippet = Snippet.All.Single(snippet => snippet.Name == name);
        Errors(ProgramOf(snippet)).Should().BeEmpty($"readers copy {snippet.Where}");
    }

    [Fact]
    public void Compile_StaleSnippet_Fails() =>
        Errors(ProgramOf(new Snippet("stale", "here", "app.MapRestMqq(\"/mq\");"))).Should().ContainSingle().Which.Should().Contain("MapRestMqq");

    [Fact]
    public void Compile_UsingMissingInReadme_Fails() =>
        Errors(ProgramOf(new Snippet("stale", "README.md:1", "app.MapRestMq(\"/mq\");"))).Should().ContainSingle().Which.Should().Contain("MapRestMq");

    [Theory]
    [InlineData("await client.AckAsync(MessageKey.Parse(\"q:1\"));", "MessageKey")]
    [InlineData("await client.AckAsync(\"q:1.1\");", "string")]
    [InlineData("await client.DeleteAsync(Receipt.Parse(\"q:1.1\"));", "Receipt")]
    [InlineData("await client.ReleaseAsync(MessageKey.Parse(\"q:1\"));", "MessageKey")]
    [InlineData("await client.BuryAsync(\"q:1\", \"bad\");", "string")]
    [InlineData("await engine.AckAsync(MessageKey.Parse(\"q:1\"));", "MessageKey")]
    [InlineData("await engine.DeleteAsync(Receipt.Parse(\"q:1.1\"));", "Receipt")]
    public void Compile_KeyAndReceiptConfused_Fails(string call, string given)
    {
        const string Given = "IRestMqClient client = null!; IQueueEngine engine = null!; ";
        Errors(ProgramOf(new Snippet("slip", "here", Given + call))).Should().ContainSingle().Which.Should().Contain("cannot convert from").And.Contain(given);
        var right = call.Replace("AckAsync(MessageKey.Parse(\"q:1\"))", "AckAsync(Receipt.Parse(\"q:1.1\"))").Replace("\"q:1.1\");", "Receipt.Parse(\"q:1.1\"));");
        if (call.Contains("AckAsync(MessageKey")) Errors(ProgramOf(new Snippet("right", "here", Given + right))).Should().BeEmpty();
    }

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
        // A snippet may have only types. A library may have only types, but a program may not.
        var tree = CSharpSyntaxTree.ParseText(program);
        var hasStatements = tree.GetRoot().ChildNodes().Any(node => node.IsKind(SyntaxKind.GlobalStatement));
        var options = new CSharpCompilationOptions(hasStatements ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable);
        return CSharpCompilation.Create("snippet", [tree], assemblies.Select(path => MetadataReference.CreateFromFile(path)), options)
            .GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.ToString());
    }
}
