// Drives the official Go client in the ways that its documentation shows.
//
// The protocol of a driver: one line of JSON in, one line of JSON out, until the input ends.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
)

type job struct {
	Does    string          `json:"does"`
	BaseURL string          `json:"base_url"`
	Key     string          `json:"key"`
	Send    json.RawMessage `json:"send"`
	Seconds float64         `json:"seconds"`
}

type values map[string]any

type outcome struct {
	Client  string `json:"client"`
	Values  values `json:"values,omitempty"`
	Raised  string `json:"raised,omitempty"`
	Message string `json:"message,omitempty"`
}

func main() {
	said := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		var asked job
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		if err := said.Encode(do(asked)); err != nil {
			panic(err)
		}
	}
}

// called returns the client's name with its version and the Go version.
func called() string {
	version := "of an unknown version"
	if built, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range built.Deps {
			if dependency.Path == "github.com/openai/openai-go/v3" {
				version = dependency.Version[1:]
			}
		}
	}
	return fmt.Sprintf("openai-go %s on Go %s", version, runtime.Version()[2:])
}

// do runs one job. It reports a panic as an error, because a user of the client would see it too.
func do(asked job) (told outcome) {
	told.Client = called()
	defer func() {
		if failed := recover(); failed != nil {
			told.Raised, told.Message = "panic", fmt.Sprint(failed)
		}
	}()
	key := asked.Key
	if key == "" {
		key = os.Getenv("OPENAI_API_KEY")
	}
	client := openai.NewClient(option.WithAPIKey(key), option.WithBaseURL(asked.BaseURL), option.WithMaxRetries(0))
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(asked.Seconds*float64(time.Second)))
	defer cancel()
	way, known := ways[asked.Does]
	if !known {
		panic("no way to do " + asked.Does)
	}
	read, err := way(ctx, client, asked.Send)
	if err == nil {
		told.Values = read
		return told
	}
	told.Message = err.Error()
	told.Raised = fmt.Sprintf("%T", err)
	var refused *openai.Error
	if errors.As(err, &refused) {
		told.Raised = "Error"
		told.Values = values{
			"status": refused.StatusCode, "message": err.Error(), "code": refused.Code, "type": refused.Type, "param": refused.Param,
		}
	}
	return told
}

var ways = map[string]func(context.Context, openai.Client, json.RawMessage) (values, error){
	"chat":          chat,
	"chat-streamed": chatStreamed,
	"tool":          chat,
	"text":          text,
	"text-streamed": textStreamed,
	"models":        models,
}

func chat(ctx context.Context, client openai.Client, send json.RawMessage) (values, error) {
	reply, err := client.Chat.Completions.New(ctx, param.Override[openai.ChatCompletionNewParams](send))
	if err != nil {
		return nil, err
	}
	first := reply.Choices[0]
	read := values{
		"id": reply.ID, "object": string(reply.Object), "created": reply.Created, "model": reply.Model,
		"text": first.Message.Content, "finish_reason": first.FinishReason,
	}
	if len(first.Message.ToolCalls) > 0 {
		calls := []values{}
		for _, call := range first.Message.ToolCalls {
			calls = append(calls, values{"id": call.ID, "name": call.Function.Name, "arguments": call.Function.Arguments})
		}
		read["tool_calls"] = calls
	}
	return read, nil
}

func chatStreamed(ctx context.Context, client openai.Client, send json.RawMessage) (values, error) {
	stream := client.Chat.Completions.NewStreaming(ctx, param.Override[openai.ChatCompletionNewParams](send))
	defer func() { _ = stream.Close() }()
	read := values{"text": "", "finish_reason": nil}
	said := ""
	for stream.Next() {
		chunk := stream.Current()
		if _, begun := read["id"]; !begun {
			read["id"], read["object"], read["created"], read["model"] = chunk.ID, string(chunk.Object), chunk.Created, chunk.Model
		}
		for _, choice := range chunk.Choices {
			said += choice.Delta.Content
			if choice.FinishReason != "" {
				read["finish_reason"] = choice.FinishReason
			}
		}
	}
	read["text"] = said
	return read, stream.Err()
}

func text(ctx context.Context, client openai.Client, send json.RawMessage) (values, error) {
	reply, err := client.Completions.New(ctx, param.Override[openai.CompletionNewParams](send))
	if err != nil {
		return nil, err
	}
	first := reply.Choices[0]
	return values{
		"id": reply.ID, "object": string(reply.Object), "created": reply.Created, "model": reply.Model,
		"text": first.Text, "finish_reason": string(first.FinishReason),
	}, nil
}

func textStreamed(ctx context.Context, client openai.Client, send json.RawMessage) (values, error) {
	stream := client.Completions.NewStreaming(ctx, param.Override[openai.CompletionNewParams](send))
	defer func() { _ = stream.Close() }()
	read := values{"finish_reason": nil}
	said := ""
	for stream.Next() {
		chunk := stream.Current()
		if _, begun := read["id"]; !begun {
			read["id"], read["object"], read["created"], read["model"] = chunk.ID, string(chunk.Object), chunk.Created, chunk.Model
		}
		for _, choice := range chunk.Choices {
			said += choice.Text
			if choice.FinishReason != "" {
				read["finish_reason"] = string(choice.FinishReason)
			}
		}
	}
	read["text"] = said
	return read, stream.Err()
}

func models(ctx context.Context, client openai.Client, _ json.RawMessage) (values, error) {
	pages := client.Models.ListAutoPaging(ctx)
	ids := []string{}
	for pages.Next() {
		ids = append(ids, pages.Current().ID)
	}
	return values{"ids": ids}, pages.Err()
}
